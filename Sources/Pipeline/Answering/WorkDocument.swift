import StatusAPI

extension RunStatus.Work {
    public init(_ work: WorkProgress, at now: ContinuousClock.Instant) {
        self.init(
            step: work.step, done: Int(work.done), total: Int(work.total), unit: work.unit.rawValue,
            queued: work.queued, perSecond: work.perSecond(at: now), secondsLeft: work.secondsLeft(at: now))
    }
}
