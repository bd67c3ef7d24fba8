package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"showrunner/live"
)

// Kind is what a rule looks at.
type Kind string

// The kinds of rules.
const (
	// InflowFall and ConversionFall compare the last ten whole minutes with the
	// median of the room's own shows of the last seven days at the same minute of
	// the show, in per cent of it. It is the minute of the show and not of the day:
	// a room that begins an hour late is not worse for it.
	InflowFall     Kind = "inflow_fall"
	ConversionFall Kind = "conversion_fall"
	// StockOut is how many minutes the stock of a SKU will last at the rate at
	// which it was ordered in the last ten minutes.
	StockOut Kind = "stock_out_ahead"
	// ComplaintBurst counts complaints opened about the show in the last ten minutes.
	ComplaintBurst Kind = "complaint_burst"
	// SLABreach counts broken promises of service in the last ten minutes.
	SLABreach Kind = "sla_breach"
)

// fallsBelow are the kinds that are bad below their limit; the others are above it.
var fallsBelow = map[Kind]bool{InflowFall: true, ConversionFall: true, StockOut: true, ComplaintBurst: false, SLABreach: false}

// Severities of alerts.
const (
	Warning  = "warning"
	Critical = "critical"
)

// Rule says when there is an alert and when it is over.
type Rule struct {
	ID       string `json:"rule" pattern:"^[a-z0-9_]{1,64}$" doc:"Its own name, which its alerts carry."`
	Kind     Kind   `json:"kind" enum:"inflow_fall,conversion_fall,stock_out_ahead,complaint_burst,sla_breach"`
	Severity string `json:"severity" enum:"warning,critical"`
	Raise    int64  `json:"raise" minimum:"0" maximum:"1000000" doc:"inflow_fall and conversion_fall: below so many per cent of the median; stock_out_ahead: the stock lasts fewer minutes than that; complaint_burst and sla_breach: so many in ten minutes, or more."`
	Clear    int64  `json:"clear" minimum:"0" maximum:"1000000" doc:"Over at this or better: at least raise where raise is a lower bound, below raise otherwise."`
	HoldS    int64  `json:"hold_s" minimum:"0" maximum:"3600" doc:"So long it must be bad without a break before there is an alert."`
	RestS    int64  `json:"rest_s" minimum:"0" maximum:"3600" doc:"So long it must be good without a break before the alert is over."`
}

// Rules is the document of a merchant.
type Rules struct {
	Rules []Rule `json:"rules" maxItems:"50"`
}

// DefaultRules hold for a merchant who has set none.
func DefaultRules() Rules {
	return Rules{Rules: []Rule{
		{"inflow_fall", InflowFall, Warning, 50, 70, 60, 120},
		{"conversion_fall", ConversionFall, Warning, 50, 70, 60, 120},
		{"stock_out_ahead", StockOut, Warning, 10, 15, 0, 60},
		{"complaint_burst", ComplaintBurst, Critical, 5, 2, 0, 120},
		{"sla_breach", SLABreach, Critical, 1, 0, 0, 60},
	}}
}

var ruleName = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

const (
	maxRules = 50
	maxHold  = 3600
	maxLimit = 1_000_000
)

// ParseRules reads a document. Code: "invalid_rules" with the field.
func ParseRules(raw []byte) (*Rules, error) {
	var r *Rules
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, live.Invalid("invalid_rules", wrong.Field, "must be a JSON %s, not a %s", wrong.Type, wrong.Value)
		}
		return nil, live.Invalid("invalid_rules", "", "cannot be read: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || r == nil {
		return nil, live.Invalid("invalid_rules", "", "must be one JSON object and nothing after it")
	}
	return r, r.Check()
}

// Check tells the first fault of a document. Code: "invalid_rules".
func (r *Rules) Check() error {
	if len(r.Rules) > maxRules {
		return live.Invalid("invalid_rules", "rules", "are at most %d", maxRules)
	}
	seen := map[string]bool{}
	for i := range r.Rules {
		x := &r.Rules[i]
		bad := func(field, format string, args ...any) error {
			return live.Invalid("invalid_rules", fmt.Sprintf("rules[%d].%s", i, field), format, args...)
		}
		below, known := fallsBelow[x.Kind]
		switch {
		case !ruleName.MatchString(x.ID):
			return bad("rule", "must be 1 to 64 characters of a-z 0-9 _")
		case seen[x.ID]:
			return bad("rule", "%q stands twice", x.ID)
		case !known:
			return bad("kind", "must be one of inflow_fall, conversion_fall, stock_out_ahead, complaint_burst, sla_breach")
		case x.Severity != Warning && x.Severity != Critical:
			return bad("severity", "must be warning or critical")
		case x.Raise < 1 || x.Raise > maxLimit:
			return bad("raise", "must be 1 to %d", maxLimit)
		case x.Clear < 0 || x.Clear > maxLimit:
			return bad("clear", "must be 0 to %d", maxLimit)
		case below && x.Clear < x.Raise:
			return bad("clear", "must be at least raise, or the alert would be over while it is raised")
		case !below && x.Clear >= x.Raise:
			return bad("clear", "must be below raise, or the alert would be over while it is raised")
		case x.HoldS < 0 || x.HoldS > maxHold:
			return bad("hold_s", "must be 0 to %d", maxHold)
		case x.RestS < 0 || x.RestS > maxHold:
			return bad("rest_s", "must be 0 to %d", maxHold)
		}
		seen[x.ID] = true
	}
	return nil
}
