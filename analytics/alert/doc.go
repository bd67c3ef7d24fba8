// Package alert watches shows on air and says when something needs a hand:
// inflow or conversion below what the room's own shows of the last seven days had
// at the same minute of the show, a SKU that will be sold out in minutes, a burst
// of complaints, broken promises of service.
//
// [Rules] is the document of a merchant: what raises an alert, what clears it
// again, and for how long either must hold first. Raising and clearing at
// different figures, each for a while, keeps an alert from flapping. [Rule.Measure]
// is what a rule sees, as a pure function of [Input]; what cannot be known, such
// as a fall when there are too few earlier shows, is no alert and clears none.
//
// [Watcher] looks at every show on air again and again, with one look a show
// however many people are watching. [Book] keeps rules and alerts in SQL and
// states them as facts, alert_raised, alert_cleared and alert_acknowledged, which
// panels see and the report tells. There is none in a rehearsal.
package alert
