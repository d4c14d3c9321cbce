import Foundation

/// Text for whoever looks on; what a program reads goes to standard output.
enum StandardError {
    static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
