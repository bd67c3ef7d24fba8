package analytics

import (
	"time"

	"showrunner/conversion/attribution"
	"showrunner/live"
)

// Report is the post-show report: a function of the facts accepted up to AsOf,
// and beside its figures of those up to Through, and of nothing else, so that
// printing it again gives the same bytes.
type Report struct {
	Show live.Show
	AsOf time.Time
	// Provisional is true while the figures may still move: before FinalAt, or
	// when not Complete. Else they are final.
	Provisional bool
	FinalAt     time.Time // zero: the show was not over as of AsOf
	// Complete is that every fact received until AsOf is in.
	Complete bool
	// Through is when facts that came after the figures were final were looked
	// for, and AfterFinal is what they would have changed. Through is AsOf, and
	// AfterFinal empty, while the figures are provisional.
	Through    time.Time
	AfterFinal []Correction

	// Aged says what cannot be computed any more; nil: all of it can. The maker fills it in.
	Aged *Aged

	Figures    Figures // what everything below was made of
	Metrics    Values
	Raw        Values // about viewers, with flagged bots
	ByCurrency []CurrencyValues
	Funnel     Table
	Timeline   Table
	Days       Table // by calendar day, see DayTable; the maker fills it in
	Products   Table
	Sources    Table
	Hosts      Table
	Ladder     Table
	Commission Table
	Fed        Table // the groups that it fed, see FedTable; the maker fills it in
	Service    Table // what service earned; the maker fills it in
	Served     Table // its service sessions, see ServedTable; the maker fills it in
	Felt       Table // how service felt around it, see FeltTable; the maker fills it in
	Commands   Table
	Alerts     Table
	// Complaints, Keywords and Brief are of a [Complained]; the maker fills them in.
	Complaints Table
	Keywords   Table
	Brief      Table

	// Benchmarks are main figures beside those of own shows, Basis says what these
	// rest on, and Worst is what fell shortest; the maker fills them in.
	Benchmarks Table
	Basis      Table
	Worst      Table
	Held       []Benchmark // what Benchmarks was made of
	Found      []Finding   // what Worst was made of

	Late        []LateSales          // in the show's currency
	AllLate     []LateSales          // in every currency, see LateByCurrency
	Window      time.Duration        // of the attribution
	Attribution []attribution.Result // one per model
}

// ReportOf puts a report together. asOf bounds the figures and the credits; the
// show is as it is known now, and is reset to what asOf could know.
func ReportOf(show live.Show, f Figures, credits []attribution.Result, window time.Duration) (Report, error) {
	show = AsOf(show, f.AsOf)
	online := int64(-1)
	if show.State.Over() {
		online = 0
	}
	_, final := Frozen(show, f.AsOf)
	timeline, err := Timeline(show, &f, nil)
	if err != nil {
		return Report{}, err
	}
	return Report{
		Show: show, AsOf: f.AsOf, Provisional: !final, FinalAt: FinalAt(show), Complete: true, Through: f.AsOf,
		Figures: f, Metrics: Read(&f, show.Currency, online).Values(true), Raw: Raw(&f, online), ByCurrency: ByCurrency(&f),
		Funnel: FunnelTable(&f), Timeline: timeline,
		Products: ProductTable(&f, show.Currency), Sources: SourceTable(&f, show.Currency), Hosts: HostTable(&f, show.Currency), Ladder: LadderTable(&f), Commission: EarnedTable(&f), Commands: CommandsTable(&f), Alerts: AlertTable(&f, false),
		Late: Late(show, &f, show.Currency), AllLate: LateByCurrency(show, &f), Window: window, Attribution: credits,
	}, nil
}

// AsOf is the show as it could be known at an instant: not ended before its
// end, not started before its start. Titles are those of today.
func AsOf(show live.Show, at time.Time) live.Show {
	if !show.EndedAt.IsZero() && at.Before(show.EndedAt) {
		show.EndedAt, show.State = time.Time{}, live.ShowStateLive
	}
	if !show.StartedAt.IsZero() && at.Before(show.StartedAt) {
		show.StartedAt, show.State = time.Time{}, live.ShowStateScheduled
	}
	return show
}
