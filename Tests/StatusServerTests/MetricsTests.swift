import Foundation
import StatusAPI
import Testing

@testable import StatusServer

extension Documents {
    static let metrics = RunMetrics(
        run: "qwen \"math\"\\1",
        families: [
            .counter("alpharl_starts_total", "Starts of a daemon on this store.", 3),
            .gauge("alpharl_confidence_ratio", "Confidence, 0 to 1.", 0.64),
            .gauge("alpharl_accuracy", "Nothing is known of it yet.", nil),
            .gauge("alpharl_state", "What is done.", by: "state", [("watching", 1), ("recording", 0)]),
            .histogram("alpharl_recording_duration_seconds", "To record.", bounds: [1, 10], [0.5, 1, 4, 100]),
        ])
}

@Suite struct MetricsTests {
    /// By hand, from the description of the format.
    private static let expected = #"""
        # HELP alpharl_starts_total Starts of a daemon on this store.
        # TYPE alpharl_starts_total counter
        alpharl_starts_total{run="qwen \"math\"\\1"} 3
        # HELP alpharl_confidence_ratio Confidence, 0 to 1.
        # TYPE alpharl_confidence_ratio gauge
        alpharl_confidence_ratio{run="qwen \"math\"\\1"} 0.64
        # HELP alpharl_accuracy Nothing is known of it yet.
        # TYPE alpharl_accuracy gauge
        # HELP alpharl_state What is done.
        # TYPE alpharl_state gauge
        alpharl_state{run="qwen \"math\"\\1",state="watching"} 1
        alpharl_state{run="qwen \"math\"\\1",state="recording"} 0
        # HELP alpharl_recording_duration_seconds To record.
        # TYPE alpharl_recording_duration_seconds histogram
        alpharl_recording_duration_seconds_bucket{run="qwen \"math\"\\1",le="1"} 2
        alpharl_recording_duration_seconds_bucket{run="qwen \"math\"\\1",le="10"} 3
        alpharl_recording_duration_seconds_bucket{run="qwen \"math\"\\1",le="+Inf"} 4
        alpharl_recording_duration_seconds_sum{run="qwen \"math\"\\1"} 105.5
        alpharl_recording_duration_seconds_count{run="qwen \"math\"\\1"} 4

        """#

    @Test func textIsAsTheFormatSays() { #expect(PrometheusText.render(Documents.metrics) == Self.expected) }

    @Test func helpStaysOnItsLine() {
        let metrics = RunMetrics(run: "x", families: [.gauge("alpharl_x", "one\ntwo\\three", .infinity)])
        #expect(
            PrometheusText.render(metrics)
                == "# HELP alpharl_x one\\ntwo\\\\three\n# TYPE alpharl_x gauge\nalpharl_x{run=\"x\"} +Inf\n")
    }

    @Test func routeAddsWhatTheServerCounts() async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(
                "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.lowercased().contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(answer.contains(Self.expected))
            #expect(answer.contains(#"alpharl_event_streams{run="qwen \"math\"\\1"} 0"#))
        }
    }
}
