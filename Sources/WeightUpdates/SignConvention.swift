import Vocabulary

/// Which of `(u, v)` and `(-u, -v)` is stored. Both describe the same rank-1 matrix.
///
/// With a previous factor, the pair that does not point away from it: `<u, u'> + <v, v'> >= 0`, each triplet against
/// the one of the same place. Without one, the entry of `v` that is largest in absolute value (the first of equals)
/// is positive. Source: method, section 1.
public enum SignConvention {
    public static func apply(to triplets: [SingularTriplet], previous: UpdateFactor?) -> [SingularTriplet] {
        triplets.enumerated().map { place, triplet in
            let earlier = previous?.triplets.dropFirst(place).first
            return isFlipped(triplet, earlier: earlier) ? triplet.negated : triplet
        }
    }

    private static func isFlipped(_ triplet: SingularTriplet, earlier: SingularTriplet?) -> Bool {
        guard let earlier else {
            var largest: Float = 0
            for value in triplet.right where abs(value) > abs(largest) { largest = value }
            return largest < 0
        }
        return product(triplet.left, earlier.left) + product(triplet.right, earlier.right) < 0
    }

    private static func product(_ one: [Float], _ other: [Float]) -> Double {
        zip(one, other).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}

extension SingularTriplet {
    fileprivate var negated: SingularTriplet {
        SingularTriplet(
            sigma: sigma, left: left.map { -$0 }, right: right.map { -$0 }, residual: residual,
            hasConverged: hasConverged)
    }
}
