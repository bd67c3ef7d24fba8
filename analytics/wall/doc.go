// Package wall puts all rooms of a merchant that are on air into one frame.
//
// [Wall.Tick] takes the snapshots that the live figures make of every show once a
// second, and [Wall.Change] those of shows about which something was said half
// way to the next. A frame is made of them for the first who asks ([Wall.Frame])
// and handed to all others who ask before the next tick: however many look at the
// wall, it costs one pass over the rooms a tick and merchant, in which only what
// is new is encoded, and no question to any engine. Who says which frame they
// have waits for the one after it, so a watcher has each as soon as it is there,
// and may have only what changed since.
package wall
