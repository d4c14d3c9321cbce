import StatusAPI
import Testing
import Vocabulary

@testable import Dashboard

@Suite struct ModuleMapTests {
    @Test(
        arguments: [
            ("model.layers.3.self_attn.q_proj.weight", 3, "self_attn.q_proj", []),
            ("model.layers.47.mlp.experts.17.gate_proj.weight", 47, "mlp.experts.*.gate_proj", [17]),
            ("model.layers.3.mlp.experts.down_proj[17]", 3, "mlp.experts.down_proj.*", [17]),
            ("transformer.h.0.attn.c_attn.weight", 0, "attn.c_attn", []),
            ("lm_head.weight", nil, "lm_head", []),
            ("weight", nil, "weight", []),
            ("blocks.2", 2, "blocks.2", []),
        ] as [(String, Int?, String, [Int])])
    func placesAreReadFromNames(name: String, layer: Int?, kind: String, members: [Int]) {
        let place = ModulePlace(TensorName(name))
        #expect(place.layer == layer && place.kind == kind && place.members == members)
    }

    private static func module(_ name: String, energy: Double?, error: Double? = nil, moved: Double = 0)
        -> ModuleDocument
    {
        ModuleDocument(
            name: TensorName(name), shape: [4, 4], sigma: 1, norm: 1, relativeNorm: moved, energyShare: energy,
            directionCosine: nil, linearityR2: nil, backtestError: error, unchangedShare: 0.5)
    }

    private static let experts = [10, 9, 2].map { number in
        module(
            "model.layers.1.mlp.experts.\(number).up_proj.weight", energy: Double(number) / 10,
            error: number == 9 ? nil : 0.25, moved: number == 9 ? 1 : 0)
    }

    @Test func aCellHoldsTheMediansOfItsModules() throws {
        let map = ModuleMap(Self.experts + [Self.module("model.layers.0.self_attn.q_proj.weight", energy: nil)])
        #expect(map.layers == [0, 1])
        #expect(map.kinds == ["self_attn.q_proj", "mlp.experts.*.up_proj"], "attention first")
        let cell = try #require(map.cell(layer: 1, kind: "mlp.experts.*.up_proj"))
        #expect(cell.energyShare == 0.9 && cell.skill == 0.75)
        #expect(cell.mostMoved.name == "model.layers.1.mlp.experts.9.up_proj.weight")
        #expect(map.cell(layer: 0, kind: "mlp.experts.*.up_proj") == nil)
        #expect(map.cell(layer: 0, kind: "self_attn.q_proj")?.energyShare == nil)
    }

    @Test func siblingsAreInTheOrderOfTheirNumbers() {
        let siblings = ModuleMap(Self.experts).siblings(of: Self.experts[0].name)
        #expect(siblings.map { ModulePlace($0.name).members } == [[2], [9], [10]])
    }

    @Test(arguments: [(0.0, 0), (0.099, 0), (0.1, 1), (0.95, 9), (1, 9), (-3, 0), (7, 9)] as [(Double, Int)])
    func shadesAreTenths(value: Double, shade: Int) {
        #expect(ModuleMapView.shade(value) == shade)
    }

    @Test func aNameIsSafeInAnAddress() {
        #expect(ModuleLink.address(of: "a/b&c=d é.weight") == "/?module=a%2Fb%26c%3Dd%20%C3%A9.weight")
    }
}
