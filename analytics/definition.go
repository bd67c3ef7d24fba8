package analytics

import (
	"slices"
	"strings"
)

// Units of figures that are of no show.
const (
	UnitDays  Unit = "days"
	UnitScore Unit = "score" // a number without a unit, such as a log likelihood or a rank
)

// Axis says what a figure is of: two figures of one name and different axes are
// two figures.
type Axis string

// Axes.
const (
	AxisShow        Axis = "show"        // one show, by when its facts were received
	AxisLadder      Axis = "ladder"      // the people of a merchant and their moves in a period
	AxisReferral    Axis = "referral"    // bindings, and orders by when they were made
	AxisPerson      Axis = "person"      // one person over all shows
	AxisRetention   Axis = "retention"   // persons by calendar days of the merchant's zone
	AxisLifetime    Axis = "lifetime"    // buyers of one currency, in days since their first order
	AxisFunnel      Axis = "funnel"      // any steps, over all shows
	AxisAttribution Axis = "attribution" // orders by when they were first paid, divided by a model
	AxisLedger      Axis = "ledger"      // the double-entry ledger of a show
	AxisGroup       Axis = "group"       // groups of the private domain by calendar days of the merchant's zone
	AxisSettlement  Axis = "settlement"  // a platform's file beside the ledger
	AxisService     Axis = "service"     // orders by the day of payment, after an agent served their buyer
	AxisSession     Axis = "session"     // sessions of the service desk by when they were opened
	AxisEntry       Axis = "entry"       // the places where people find service, over all time
	AxisComplaint   Axis = "complaint"   // complaints by when their orders were paid, or else were told
	AxisFinding     Axis = "finding"     // findings by when they were created or adopted
	AxisNeed        Axis = "need"        // what people needed or asked, by when it was captured
)

// Definition says what one published figure is, for people who doubt it.
type Definition struct {
	Key     string
	ZH, EN  string // names for people
	Unit    Unit
	Formula string // in words
	// FormulaZH is Formula in Chinese.
	FormulaZH string
	// Numerator and Denominator are the parts of a rate, in words; both are empty
	// for what is none.
	Numerator, Denominator string
	Axis                   Axis
	Source                 string // where the definition comes from
	Money                  bool   // left out for roles without the right to see money
	// At is where figures that are of no show stand, as schema.member of the
	// OpenAPI document; in a list whose items name their figure in key, as
	// schema.key. Those of shows stand under their key.
	At []string
}

// Definitions is the whole dictionary: [Metrics], which are of shows, what only
// the tables of a show have, and the figures of people, orders and money over
// all shows.
func Definitions() []Definition {
	var out []Definition
	for i := range Metrics {
		m := &Metrics[i]
		out = append(out, define(Column{m.Key, m.ZH, m.EN, m.Unit, m.IsRate(), m.Money, m.Formula}, m.Source))
	}
	for _, c := range tableColumns() {
		if c.Unit != UnitText && c.Unit != UnitTime && c.Unit != UnitList && !slices.ContainsFunc(out, func(d Definition) bool { return d.Key == c.Key }) {
			out = append(out, define(c, "own"))
		}
	}
	for _, list := range [][]Definition{recentDefinitions(), standingDefinitions(), ladderDefinitions, referralDefinitions, retentionDefinitions, creditDefinitions, ledgerDefinitions, serviceDefinitions, groupDefinitions, feltDefinitions, deskDefinitions, complaintDefinitions} {
		for _, d := range list {
			if d.Formula == "" {
				d.Formula = d.Numerator + " / " + d.Denominator
			}
			if d.FormulaZH == "" { // Of figures of shows define has it.
				d.FormulaZH = formulasZH[d.Key]
			}
			out = append(out, d)
		}
	}
	return out
}

// tableColumns are the columns of everything a show is told in.
func tableColumns() []Column {
	var f Figures
	columns := slices.Concat(ProductTable(&f, "").Columns, productMoneyColumns, SourceTable(&f, "").Columns, HostTable(&f, "").Columns, FunnelTable(&f).Columns,
		FedTable(nil).Columns, AudienceTable(&Audience{}).Columns, LadderTable(&f).Columns, EarnedTable(&f).Columns)
	for i := range minuteColumns {
		columns = append(columns, minuteColumns[i].Column)
	}
	return columns
}

// Define finds a definition by its key.
func Define(key string) (Definition, bool) {
	all := Definitions()
	i := slices.IndexFunc(all, func(d Definition) bool { return d.Key == key })
	if i < 0 {
		return Definition{}, false
	}
	return all[i], true
}

// define makes the definition of a figure of a show. The parts of a rate are
// read from its formula: what is before the slash, and what is after it up to a
// remark.
func define(c Column, source string) Definition {
	d := Definition{Key: c.Key, ZH: c.ZH, EN: c.EN, Unit: c.Unit, Formula: c.Formula, FormulaZH: formulasZH[c.Key], Axis: AxisShow, Source: source, Money: c.Money}
	if c.Rate {
		above, below, _ := strings.Cut(c.Formula, " / ")
		d.Numerator, d.Denominator = above, below
		if i := strings.IndexAny(below, ";,"); i >= 0 {
			d.Denominator = below[:i]
		}
	}
	return d
}
