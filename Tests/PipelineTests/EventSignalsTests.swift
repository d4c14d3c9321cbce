import Pipeline
import Testing

@Suite struct EventSignalsTests {
    @Test func signalBeforeTheFirstLookIsNotLost() async {
        let signals = EventSignals()
        var listener = signals.listen().makeAsyncIterator()
        signals.send()
        #expect(await listener.next() != nil)
    }

    @Test func manySignalsAreOneUntilSomebodyLooks() async {
        let signals = EventSignals()
        let (stream, other) = (signals.listen(), signals.listen())
        for _ in 0..<10_000 { signals.send() }
        signals.close()
        // Once one stream has ended, every signal has been given to both.
        for await _ in other {}
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count == 1)
    }

    @Test func everyListenerIsWoken() async {
        let signals = EventSignals()
        let streams = (0..<5).map { _ in signals.listen() }
        signals.send()
        for stream in streams {
            var listener = stream.makeAsyncIterator()
            #expect(await listener.next() != nil)
        }
    }

    @Test func closingEndsStreamsOldAndNew() async {
        let signals = EventSignals()
        var before = signals.listen().makeAsyncIterator()
        signals.close()
        var after = signals.listen().makeAsyncIterator()
        #expect(await before.next() == nil)
        #expect(await after.next() == nil)
        signals.send()
    }

    @Test func listenerThatWentAwayIsForgotten() async {
        let signals = EventSignals()
        let task = Task {
            var count = 0
            for await _ in signals.listen() { count += 1 }
            return count
        }
        task.cancel()
        #expect(await task.value == 0)
        signals.send()
        signals.close()
    }
}
