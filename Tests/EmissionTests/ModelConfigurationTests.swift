import Testing

@testable import Emission

struct ModelConfigurationTests {
    private func set(_ dtype: String, _ text: String) throws -> String {
        String(decoding: try ModelConfiguration.setting(dtype: dtype, in: Array(text.utf8), path: "c"), as: UTF8.self)
    }

    @Test(arguments: [
        (#"{"dtype": "float32", "rope_theta": 10000.0}"#, #"{"dtype": "bfloat16", "rope_theta": 10000.0}"#),
        (#"{"torch_dtype":"float16","dtype":null}"#, #"{"torch_dtype":"bfloat16","dtype":"bfloat16"}"#),
        (
            #"{"text_config": {"dtype": "float32"}, "dtype": "float32", "x": {"dtype": "int4"}}"#,
            #"{"text_config": {"dtype": "bfloat16"}, "dtype": "bfloat16", "x": {"dtype": "int4"}}"#
        ),
        (
            #"{"quantization_config": {"dtype": "int4"}, "torch_dtype": "float32"}"#,
            #"{"quantization_config": {"dtype": "int4"}, "torch_dtype": "bfloat16"}"#
        ),
        (#"{"a": 1}"#, "{\n  \"torch_dtype\": \"bfloat16\",\"a\": 1}"),
        (
            #"{"dtype":"x","limit":[0.0,Infinity,-Infinity,NaN]}"#,
            #"{"dtype":"bfloat16","limit":[0.0,Infinity,-Infinity,NaN]}"#
        ),
        (" {}", " {\n  \"torch_dtype\": \"bfloat16\"}"),
    ])
    func onlyTheTypeIsChanged(text: String, expected: String) throws {
        #expect(try set("bfloat16", text) == expected)
    }

    @Test(arguments: ["", "[]", "{", #"{"a": nan}"#, #"{"a": -NaN}"#, "{} x"]) func whatIsNoObjectIsRefused(
        text: String
    ) {
        #expect(throws: EmissionError.self) { try set("bfloat16", text) }
    }
}
