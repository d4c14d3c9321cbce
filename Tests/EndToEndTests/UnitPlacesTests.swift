import Testing

@testable import alpharl

/// What `doctor` and `check-config` take for the places of a run, when a person calls them.
@Suite struct UnitPlacesTests {
    @Test func aConfigurationOfTheSystemHasTheUnitsPlaces() throws {
        let unit = try #require(UnitPlaces(configuration: "/etc/alpharl/math.toml", environment: ["HOME": "/root"]))
        let environment = unit.adding(to: ["HOME": "/root"])
        #expect(environment["STATE_DIRECTORY"] == "/var/lib/alpharl/math")
        #expect(environment["RUNTIME_DIRECTORY"] == "/run/alpharl" && environment["HOME"] == "/root")
        #expect(unit.allows("/var/lib/alpharl/math/predicted") && unit.allows("/run/alpharl/math.sock"))
        #expect(!unit.allows("/var/lib/alpharl/mathematics") && !unit.allows("/data/predicted"))
    }

    @Test(arguments: ["/home/me/math.toml", "/etc/alpharl/old/math.toml", "/etc/alpharl/math.toml.bak"])
    func anyOtherFileHasNone(path: String) {
        #expect(UnitPlaces(configuration: path, environment: [:]) == nil)
    }

    @Test func insideAUnitItsOwnPlacesCount() {
        #expect(UnitPlaces(configuration: "/etc/alpharl/math.toml", environment: ["STATE_DIRECTORY": "/x"]) == nil)
    }
}
