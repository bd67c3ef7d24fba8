// Package need is the loop by which service grows out of what single people
// need: a need is captured, responded to and validated; needs that are alike are
// found, with the terms that make them so; what several people need is promoted
// to a common need and shipped as a fixed entry of service; the entry is measured,
// and retired when nobody uses it.
//
// Begin with [Loop.Capture]. Nothing is skipped: only needs that somebody has
// validated make a cluster common, and every step is in a log with who, when and
// on what evidence, which is never rewritten. The entries themselves are the
// service desk's; this package asks for them by [Entries].
package need
