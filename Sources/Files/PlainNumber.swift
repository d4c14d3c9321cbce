/// Numbers that are nothing but their bytes, so that a file's bytes can be read straight into an array of them.
///
/// The bytes of files are little-endian, as is every processor this program is built for.
public protocol PlainNumber: BitwiseCopyable, Sendable {
    static var zero: Self { get }
}

extension UInt8: PlainNumber {}
extension UInt16: PlainNumber {}
extension Float: PlainNumber {}
extension Double: PlainNumber {}

#if _endian(big)
#error("safetensors files are little-endian and are read without swapping bytes")
#endif
