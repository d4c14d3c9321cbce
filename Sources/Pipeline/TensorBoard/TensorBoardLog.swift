import ConfigurationFile
import Files
import Foundation
import LogEvents
import Logging
import Synchronization
import TensorBoardEvents

/// The event files in `metrics.tensorboard`. What they lack of what the store says is appended; what is there already is
/// not written again, whoever wrote it. Each process begins a file of its own when it has something to say: another
/// one's may end in the middle of a record. Files that somebody deletes are missed, and written again, the next time.
public final class TensorBoardLog: Sendable {
    /// What is known of the files in a folder, and the one that is being written.
    private struct Place {
        let directory: String
        var course: TensorBoardCourse?
        var file: AppendedFile?
        /// The files that `course` was read from, and the one that is being written.
        var names: [String] = []
    }

    private let context: RunContext
    private let place: Mutex<Place>

    public init(context: RunContext) {
        self.context = context
        place = Mutex(Place(directory: ""))
    }

    /// Nothing where `metrics.tensorboard` is empty.
    ///
    /// - Throws: `FileError`, `StoreError`. Then the files are read again the next time, and a new one is begun.
    public func bringUpToDate() throws {
        let wanted = context.configuration.metrics.tensorboard
        try place.withLock { place in
            if wanted != place.directory { place = Place(directory: wanted) }
            guard !wanted.isEmpty else { return }
            do { try write(TensorBoardView(store: context.store).entries(), at: &place) } catch {
                place = Place(directory: wanted)
                throw error
            }
        }
    }

    /// The same; what fails is told in the log and in the status, and stops nothing else.
    public func keepUpToDate() {
        do {
            try bringUpToDate()
            guard context.progress.snapshot.troubles[.tensorboard] != nil else { return }
            context.progress.note { $0.troubles[.tensorboard] = nil }
        } catch {
            context.log.tell(.tensorBoardBehind, nil, ["reason": "\(error)"])
            context.progress.note { $0.troubles[.tensorboard] = "cannot write for TensorBoard: \(error)" }
        }
    }

    private func write(_ entries: Set<TensorBoardEntry>, at place: inout Place) throws {
        let names = try ownNames(in: place.directory)
        if names != place.names { place = Place(directory: place.directory) }
        var course =
            try place.course ?? TensorBoardCourse(reading: names.map { try contents(of: $0, in: place.directory) })
        let now = context.clock.now.timeIntervalSince1970
        let records = course.records(toBecome: entries, now: now)
        if !records.isEmpty {
            let file = try place.file ?? begin(in: place.directory, at: now)
            place.file = file
            try file.append(records.flatMap(\.record))
        }
        course.become(entries)
        place.course = course
        place.names = try ownNames(in: place.directory)
    }

    /// `events.out.tfevents.SECONDS.MACHINE.alpharl.RUN`: TensorBoard takes a file for one of events when its name has
    /// `tfevents` in it, and reads them in the order of their names.
    private var prefix: String { "events.out.tfevents." }
    private var suffix: String { ".alpharl.\(context.configuration.run.name)" }

    private func begin(in directory: String, at now: Double) throws -> AppendedFile {
        try FileTree(calls: context.calls).makeDirectories(at: directory)
        let newest =
            try ownNames(in: directory).last.flatMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) } ?? 0
        let number = max(Int(now), newest + 1)
        // W&B follows only files that name the machine it runs on.
        let machine = ProcessInfo.processInfo.hostName.replacing("/", with: "_")
        let file = try AppendedFile(
            creating: directory + "/" + prefix + "\(number)." + machine + suffix, calls: context.calls)
        try file.append(SummaryEvent.fileVersion(wallTime: now).record)
        return file
    }

    private func ownNames(in directory: String) throws -> [String] {
        let tree = FileTree(calls: context.calls)
        guard try tree.status(of: directory, followingLinks: true) != nil else { return [] }
        return try tree.names(in: directory).filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
    }

    private func contents(of name: String, in directory: String) throws -> [UInt8] {
        let reader = try FileReader(path: directory + "/" + name, calls: context.calls)
        return try reader.read(count: Int(reader.identity.size), at: 0)
    }
}
