package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"showrunner/live"
)

// TouchRules is the document of rules of a merchant. Members that a document
// leaves out are those of [DefaultRules]; an empty list or null switches one off.
type TouchRules struct {
	TimeZone      string      `json:"time_zone" doc:"IANA name: of persons who named none, and of groups. When left out, that of most of the merchant's rooms, the first by name among equals; UTC without any. Read, it is the one that holds." maxLength:"64"`
	Quiet         *QuietHours `json:"quiet_hours" doc:"When nobody is touched, by the clock on the person's wall. Null: never quiet."`
	Caps          []Cap       `json:"caps" maxItems:"20"`
	CoolDown      *CoolDown   `json:"cool_down" doc:"Null: none."`
	Consent       []string    `json:"consent_channels" maxItems:"50" doc:"Channels that are used only with somebody who has consented to them."`
	Transactional []string    `json:"transactional_kinds" maxItems:"50" doc:"Kinds of notices that pass every rule. No other may say it is transactional."`
	PlanMinutes   int         `json:"plan_minutes" minimum:"1" maximum:"1440" doc:"How long a planned touch holds its place; 15 when left out."`
	Temperature   Scale       `json:"temperature"`
	Target        *Target     `json:"target" doc:"Who is a customer meant; null: nothing is declared, and nobody is judged by it."`
}

// QuietHours are hours of the day, which may go over midnight.
type QuietHours struct {
	From string `json:"from" example:"21:00" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"First minute that is quiet."`
	To   string `json:"to" example:"09:00" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"First minute that is not."`
}

// Whom a cap counts for.
const (
	PerPerson        = "person"
	PerPersonChannel = "person_channel"
	PerGroup         = "group"
	PerMerchant      = "merchant"
)

// Cap bounds how many proactive touches there may be in any window of so long.
type Cap struct {
	Per     string `json:"per" enum:"person,person_channel,group,merchant"`
	Channel string `json:"channel,omitempty" doc:"With person_channel: of this channel only; every channel by itself when left out." maxLength:"64"`
	Hours   int    `json:"hours" minimum:"1" maximum:"2160" doc:"Length of the sliding window; at most 24 with merchant."`
	AtMost  int    `json:"at_most" minimum:"0" maximum:"1000000" doc:"0: none at all. At most 1000, with merchant 1000000."`
}

// CoolDown is how long nothing is sent after touches that nobody answered.
type CoolDown struct {
	After int `json:"after" minimum:"1" maximum:"100" doc:"Touches since the person's last answer."`
	Hours int `json:"hours" minimum:"1" maximum:"2160" doc:"Since the last touch."`
}

// Scale is how the temperature is made of its two parts.
type Scale struct {
	Alpha         float64 `json:"alpha" minimum:"0" maximum:"100" doc:"Degrees above 37 for an over_service_rate of 1."`
	Beta          float64 `json:"beta" minimum:"0" maximum:"100" doc:"Degrees below 37 for an unmet_need_rate of 1."`
	AnswerHours   int     `json:"answer_hours" minimum:"1" maximum:"720" doc:"How long after a touch a reply, click or order answers it."`
	SLAMinutes    int     `json:"sla_minutes" minimum:"1" maximum:"43200" doc:"How long a need may wait for a person's answer."`
	LeastPerson   int64   `json:"least_person" minimum:"1" maximum:"1000000" doc:"Touches and needs below which no temperature of a person is told."`
	Least         int64   `json:"least" minimum:"1" maximum:"1000000" doc:"The same for a group, an agent or the merchant."`
	ExcessTouches int64   `json:"excess_touches" minimum:"1" maximum:"1000" doc:"So many touches without an answer and without a later order are an excess."`
}

// Target is the declared rule of who is a customer meant: every condition that
// it names must hold.
type Target struct {
	Rungs      []string `json:"rungs,omitempty" maxItems:"5" doc:"Stands on one of these rungs of the ladder."`
	Channels   []string `json:"channels,omitempty" maxItems:"50" doc:"Came over one of these channels first."`
	Orders     int64    `json:"orders_at_least,omitempty" minimum:"0" maximum:"100000" doc:"Has so many valid orders."`
	Currency   string   `json:"currency,omitempty" doc:"Of net_minor_at_least."`
	Net        int64    `json:"net_minor_at_least,omitempty" minimum:"0" doc:"Net of refunds, in the one currency named; others are not converted."`
	WithinDays int      `json:"bought_within_days,omitempty" minimum:"0" maximum:"3650" doc:"Bought something in these days."`
}

// DefaultRules hold for a merchant who has set none: once a day and three times
// a week a person, twice a week on one channel, twice a day a group; nobody
// between nine in the evening and nine in the morning; two weeks of rest after
// three touches that nobody answered. No zone: that of the merchant's rooms.
func DefaultRules() TouchRules {
	return TouchRules{
		Quiet: &QuietHours{"21:00", "09:00"},
		Caps: []Cap{
			{Per: PerPerson, Hours: 24, AtMost: 1},
			{Per: PerPerson, Hours: 168, AtMost: 3},
			{Per: PerPersonChannel, Hours: 168, AtMost: 2},
			{Per: PerGroup, Hours: 24, AtMost: 2},
			{Per: PerMerchant, Hours: 1, AtMost: 10_000},
		},
		CoolDown: &CoolDown{After: 3, Hours: 336}, Consent: []string{"sms", "email", "phone"},
		Transactional: []string{"order_paid", "order_shipped", "order_received", "refund_progress", "refund_succeeded", "prize_won", "service_reply", "account_security"},
		PlanMinutes:   15,
		Temperature:   Scale{Alpha: 10, Beta: 10, AnswerHours: 72, SLAMinutes: 30, LeastPerson: 3, Least: 20, ExcessTouches: 3},
	}
}

// ParseRules reads a document. Code: "invalid_rules", all faults at once, each
// with its field.
func ParseRules(raw []byte) (*TouchRules, error) {
	var named map[string]json.RawMessage
	if err := json.Unmarshal(raw, &named); err != nil || named == nil {
		return nil, live.Invalid("invalid_rules", "", "must be one JSON object")
	}
	var r TouchRules
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, live.Invalid("invalid_rules", "", "must be one JSON object and nothing after it")
	}
	r.fill(func(member string) bool { _, ok := named[member]; return ok })
	if scale, ok := named["temperature"]; ok {
		r.Temperature = DefaultRules().Temperature
		if err := json.Unmarshal(scale, &r.Temperature); err != nil {
			return nil, unreadable(err)
		}
	}
	return &r, r.Check()
}

func unreadable(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return live.Invalid("invalid_rules", wrong.Field, "must be a JSON %s, not a %s", wrong.Type, wrong.Value)
	}
	return live.Invalid("invalid_rules", "", "cannot be read: %v", err)
}

// fill takes what was not named from the default.
func (r *TouchRules) fill(has func(string) bool) {
	d := DefaultRules()
	for member, take := range map[string]func(){
		"time_zone": func() { r.TimeZone = d.TimeZone }, "quiet_hours": func() { r.Quiet = d.Quiet }, "caps": func() { r.Caps = d.Caps },
		"cool_down": func() { r.CoolDown = d.CoolDown }, "consent_channels": func() { r.Consent = d.Consent },
		"transactional_kinds": func() { r.Transactional = d.Transactional }, "plan_minutes": func() { r.PlanMinutes = d.PlanMinutes },
		"temperature": func() { r.Temperature = d.Temperature },
	} {
		if !has(member) {
			take()
		}
	}
}

// Check tells every fault of a document. Code: "invalid_rules".
func (r *TouchRules) Check() error {
	var faults []error
	bad := func(field, format string, args ...any) {
		faults = append(faults, live.Invalid("invalid_rules", field, format, args...))
	}
	within := func(field string, n, least, most int64) {
		if n < least || n > most {
			bad(field, "must be from %d to %d", least, most)
		}
	}
	if r.TimeZone != "" && !KnownZone(r.TimeZone) {
		bad("time_zone", "must be an IANA name such as Asia/Shanghai")
	}
	if r.Quiet != nil {
		if _, err := r.Quiet.window(); err != nil {
			faults = append(faults, live.Invalid("invalid_rules", "quiet_hours", "%s", err))
		}
	}
	within("caps", int64(len(r.Caps)), 0, 20)
	for i, c := range r.Caps {
		c.check(fmt.Sprintf("caps[%d].", i), bad, within)
	}
	if c := r.CoolDown; c != nil {
		within("cool_down.after", int64(c.After), 1, 100)
		within("cool_down.hours", int64(c.Hours), 1, maxCapHours)
	}
	for field, names := range map[string][]string{"consent_channels": r.Consent, "transactional_kinds": r.Transactional} {
		within(field, int64(len(names)), 0, 50)
		for i, n := range names {
			if !ValidName(n) {
				bad(fmt.Sprintf("%s[%d]", field, i), "must be 1 to %d characters of a-z 0-9 . _ / -", maxName)
			}
		}
	}
	within("plan_minutes", int64(r.PlanMinutes), 1, 1440)
	r.Temperature.check(bad, within)
	if r.Target != nil {
		r.Target.check(bad, within)
	}
	return errors.Join(faults...)
}

// maxCapHours is ninety days: what was sent before says nothing of today.
const maxCapHours = 2160

func (c *Cap) check(at string, bad func(field, format string, args ...any), within func(string, int64, int64, int64)) {
	hours, most := int64(maxCapHours), int64(1000)
	switch c.Per {
	case PerPerson, PerPersonChannel, PerGroup:
	case PerMerchant:
		hours, most = 24, 1_000_000
	default:
		bad(at+"per", "must be one of person, person_channel, group, merchant")
	}
	if c.Channel != "" && (c.Per != PerPersonChannel || !ValidName(c.Channel)) {
		bad(at+"channel", "stands with person_channel only, and must be 1 to %d characters of a-z 0-9 . _ / -", maxName)
	}
	within(at+"hours", int64(c.Hours), 1, hours)
	within(at+"at_most", int64(c.AtMost), 0, most)
}

func (s *Scale) check(bad func(field, format string, args ...any), within func(string, int64, int64, int64)) {
	for field, v := range map[string]float64{"alpha": s.Alpha, "beta": s.Beta} {
		if !(v >= 0 && v <= 100) { // NaN is neither.
			bad("temperature."+field, "must be from 0 to 100")
		}
	}
	within("temperature.answer_hours", int64(s.AnswerHours), 1, 720)
	within("temperature.sla_minutes", int64(s.SLAMinutes), 1, 43_200)
	within("temperature.least_person", s.LeastPerson, 1, 1_000_000)
	within("temperature.least", s.Least, 1, 1_000_000)
	within("temperature.excess_touches", s.ExcessTouches, 1, 1000)
}

func (g *Target) check(bad func(field, format string, args ...any), within func(string, int64, int64, int64)) {
	for i, rung := range g.Rungs {
		if !slices.Contains(live.Rungs, live.Rung(rung)) {
			bad(fmt.Sprintf("target.rungs[%d]", i), "must be one of passerby, fan, customer, member, partner")
		}
	}
	within("target.rungs", int64(len(g.Rungs)), 0, 5)
	within("target.channels", int64(len(g.Channels)), 0, 50)
	within("target.orders_at_least", g.Orders, 0, 100_000)
	within("target.net_minor_at_least", g.Net, 0, live.MaxMinor)
	within("target.bought_within_days", int64(g.WithinDays), 0, 3650)
	if g.Currency != "" && !live.Currency(g.Currency).Valid() || g.Currency == "" && g.Net > 0 {
		bad("target.currency", "must be an ISO 4217 code: net_minor_at_least is of one currency")
	}
	if len(g.Rungs) == 0 && len(g.Channels) == 0 && g.Orders == 0 && g.Net == 0 && g.WithinDays == 0 {
		bad("target", "must name one condition at least")
	}
}

// maxName bounds the name of a channel or a kind of touch.
const maxName = 64

// ValidName reports what can name a channel or a kind of touch.
func ValidName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '/' && c != '-' {
			return false
		}
	}
	return true
}

// KnownZone reports whether name is an IANA time zone. "Local" is the server's
// own and means nothing to anybody else.
func KnownZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}
