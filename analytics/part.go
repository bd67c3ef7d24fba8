package analytics

import (
	"time"

	"showrunner/live"
)

// Part is a part of [Figures] by itself: what one table is made of. Who needs a
// table need not have everything counted.
type Part uint8

// The parts. Figures of a part have what it names, and of the rest nothing that
// means anything.
const (
	PartMinutes  Part = 1 << iota // [Timeline] and [CommandsTable]
	PartFunnel                    // [FunnelTable]
	PartProducts                  // [ProductTable]
	PartSources                   // [SourceTable]
	PartHosts                     // [HostTable]
	PartMetrics                   // [Reading.Values]
)

// Everything is all of the figures.
const Everything Part = 0xff

// Has reports whether any of the given parts is wanted.
func (p Part) Has(any Part) bool { return p&any != 0 }

// MetricsOf is what [PartMetrics] by itself has, of figures of everything.
func MetricsOf(f Figures) Figures {
	f.Minutes, f.Products, f.Sources, f.Shifts, f.Alerts, f.Commands = nil, nil, nil, nil, nil, nil
	return f
}

// ShowAt is a show to be counted, as of an instant.
type ShowAt struct {
	Show live.Show
	At   time.Time
}
