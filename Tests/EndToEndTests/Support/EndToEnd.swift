import Testing

/// Tests of the real binary. One after another: each starts processes of its own on a machine that may have two cores.
@Suite(.serialized) enum EndToEnd {}
