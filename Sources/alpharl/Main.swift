import ArgumentParser
@main struct Alpharl: ParsableCommand {}
