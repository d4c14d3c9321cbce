import Foundation
import Glibc
import Testing

@Suite struct UnitFileTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy/systemd")
    private static let hasAnalyzer = access("/usr/bin/systemd-analyze", X_OK) == 0

    private func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
            process.arguments = arguments
            // A user's manager, which verify --user imitates, has one.
            process.environment = ["PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": "/tmp", "HOME": "/tmp"]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text)
        }
    }

    private static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    /// The units as installed, but for a program that exists on every machine, and one drop-in.
    private func withUnits(
        _ names: [String], dropIn: String? = nil, _ body: ([String]) async throws -> Void
    ) async throws {
        let folder = "/tmp/alpharl-unit-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try FileManager.default.createDirectory(
            atPath: folder + "/alpharl@.service.d", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if let dropIn {
            try Self.text("drop-ins/\(dropIn)").write(
                toFile: folder + "/alpharl@.service.d/\(dropIn)", atomically: true, encoding: .utf8)
        }
        var paths: [String] = []
        for name in names {
            paths.append(folder + "/" + (name.split(separator: "/").last ?? ""))
            try Self.text(name).replacing(#/(/usr|%h/.local)/bin/alpharl/#, with: "/bin/true")
                .write(toFile: paths[paths.count - 1], atomically: true, encoding: .utf8)
        }
        try await body(paths)
    }

    private static let dropIns = [
        "as-trainer.conf", "read-everything.conf", "hooks-with-network.conf", "more-memory.conf",
        "predictions-elsewhere.conf",
    ]

    /// A start takes time, too: at the pace of RestartSec= the limit is never reached, only at that of impatient clients.
    @Test(arguments: ["alpharl@.service", "user/alpharl@.service"])
    func aFaultOfTheMachineIsTriedAgainForEver(name: String) throws {
        let lines = try Self.text(name).split(separator: "\n")
        func number(_ key: String) throws -> Int {
            let line = try #require(lines.first { $0.hasPrefix("\(key)=") }, "\(name) has no \(key)=")
            return try #require(Int(line.dropFirst(key.count + 1)), "\(line)")
        }
        #expect(try number("RestartSec") * (number("StartLimitBurst") - 1) > number("StartLimitIntervalSec"))
        #expect(lines.contains("Restart=on-failure") && lines.contains("RestartPreventExitStatus=64 77 78"))
    }

    @Test func everyDropInIsTested() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "drop-ins").path())
        #expect(Set(names) == Set(Self.dropIns))
    }

    /// systemd-analyze prints unknown keys and bad values and exits 0 all the same: any word is an error.
    @Test(
        .enabled(if: hasAnalyzer, "needs systemd-analyze"),
        arguments: [([], nil), (["--user"], nil)] + dropIns.map { ([], $0) })
    func everyLineIsUnderstood(options: [String], dropIn: String?) async throws {
        let names = options.isEmpty ? ["alpharl@.service", "alpharl@.socket"] : ["user/alpharl@.service"]
        try await withUnits(names, dropIn: dropIn) { paths in
            let result = try await run(options + ["verify", "--man=no"] + paths)
            #expect(result.status == 0)
            #expect(result.output == "")
        }
    }

    /// Tenths, as the issue and docs/operations.md promise them.
    @Test(
        .enabled(if: hasAnalyzer, "needs systemd-analyze"),
        arguments: [
            (nil, 7), ("more-memory.conf", 7), ("predictions-elsewhere.conf", 7), ("as-trainer.conf", 8),
            ("read-everything.conf", 10), ("hooks-with-network.conf", 15),
        ])
    func exposureIsAtMost(dropIn: String?, tenths: Int) async throws {
        try await withUnits(["alpharl@.service"], dropIn: dropIn) { paths in
            // The drop-in is found beside a unit only by its path, so it is read as the unit's end.
            let text = try String(contentsOfFile: paths[0], encoding: .utf8)
            let whole = try text + (dropIn.map { "\n" + (try Self.text("drop-ins/\($0)")) } ?? "")
            try whole.write(toFile: paths[0], atomically: true, encoding: .utf8)
            let result = try await run(["security", "--offline=true", "--threshold=\(tenths)", "--no-pager", paths[0]])
            #expect(result.status == 0, "\(result.output.suffix(200))")
        }
    }

    @Test func watchdogKillsAndTyposDoNotLoop() throws {
        let lines = try Self.text("alpharl@.service").split(separator: "\n")
        for line in [
            "Type=notify", "TimeoutAbortSec=5", "WatchdogSec=60", "RestartPreventExitStatus=64 77 78",
            "Environment=RUNTIME_DIRECTORY=/run/alpharl", "ReadWritePaths=-/run/alpharl",
            "ExecStart=/usr/bin/alpharl serve --config /etc/alpharl/%i.toml",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
    }

    /// Only the threads that work belong into the idle class: the watchdog has to get its turn.
    @Test func theUnitLeavesTheClassOfThreadsToTheDaemon() throws {
        let text = try Self.text("alpharl@.service")
        #expect(!text.contains("CPUSchedulingPolicy=") && !text.contains("\nNice="))
    }

    @Test func theSocketOutlivesTheService() throws {
        let socket = try Self.text("alpharl@.socket").split(separator: "\n")
        for line in ["ListenStream=/run/alpharl/%i.sock", "SocketMode=0660", "SocketGroup=alpharl"] {
            #expect(socket.contains { $0 == line }, "\(line)")
        }
        #expect(try Self.text("alpharl.tmpfiles").contains("\nd /run/alpharl 0755 alpharl alpharl -\n"))
        #expect(try Self.text("alpharl.sysusers").contains("\nu alpharl - "))
    }
}
