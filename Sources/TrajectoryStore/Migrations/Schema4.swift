/// What schema version 4 adds: what a weight was made of when it was recorded, so that one that has not moved since is known
/// by its bytes (docs/decisions/0048-weights-that-repeat.md).
enum Schema4 {
    /// NULL in rows of older versions: nobody knows, and such a weight is worked on once more.
    static let factors = "ALTER TABLE factor ADD COLUMN content_hash TEXT CHECK (length(content_hash) > 0);"
}
