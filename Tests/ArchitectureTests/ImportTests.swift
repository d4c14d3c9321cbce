import Testing

/// The imports of each target against `Rules`.
@Suite struct ImportTests {
    @Test(arguments: Rules.imports.map(\.target))
    func targetImportsOnlyWhatItsRowAllows(target: String) throws {
        let allowed = try #require(Rules.imports.first { $0.target == target }).allowed.union(Rules.everyone)
        for file in try SourceTree.swiftSources() where file.target == target {
            for module in CodeText(file.text).importedModules where !allowed.contains(module.text) {
                Issue.record(
                    "Sources/\(file.path):\(module.line) imports \(module.text), which \(target) may not: see docs/architecture.md"
                )
            }
        }
    }

    @Test func everyFolderOfSourcesHasARow() throws {
        let rows = Set(Rules.imports.map(\.target)).union(Rules.cTargets)
        #expect(try SourceTree.targets() == rows)
    }

    @Test func rowsFollowOnlyRowsAboveThem() {
        var above: Set<String> = []
        let all = Set(Rules.imports.map(\.target))
        for row in Rules.imports {
            let notYet = row.allowed.intersection(all).subtracting(above)
            #expect(notYet.isEmpty, "\(row.target) depends on a later stage")
            above.insert(row.target)
        }
    }

    @Test func eachCLibraryAndLargePackageHasOneTarget() {
        let owners = [
            "COpenBLAS": "LinearAlgebra", "CKernels": "LinearAlgebra", "CSystemd": "SystemdIntegration",
            "CXXHash": "Files",
            "Crypto": "Files", "GRDB": "TrajectoryStore", "Hummingbird": "StatusServer",
            "NIOCore": "StatusServer", "ArgumentParser": "alpharl", "Subprocess": "Pipeline",
        ]
        for (module, owner) in owners {
            #expect(Rules.imports.filter { $0.allowed.contains(module) }.map(\.target) == [owner], "\(module)")
        }
    }
}
