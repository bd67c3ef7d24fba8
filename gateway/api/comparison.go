package api

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/report"
	"showrunner/live"
)

func (a *API) comparisons() {
	add(a, Route{
		ID: "get-comparison", Method: "GET", Path: "/v1/comparisons", Tag: "Figures", Summary: "Put shows, or two periods, side by side",
		Text: "With `shows` the same figures of two to ten shows, each with difference and ratio to the first one as exact fractions: orders and money once for each currency, all others once. " +
			"A show whose figures were final before stands as of then.\n\n" +
			"With `from` and `to` two periods of whole days in the time zone of the room, or in the one that all rooms of the merchant share; `against_from` and `against_to` are as many days right before, when left out. " +
			"`items` has every figure on two axes: `moved`, what the order book has by when the money moved, of any show and of none; and `started`, all figures of the shows that started in the period, whenever it happened. " +
			"Each stands with its difference and its change as exact fractions; a share has the 95 % interval of its difference, and `outcome` says when the sample is too small. " +
			"Persons count once over all shows of a period. `bridge` leads from the one axis to the other to the last unit, and `shows` names the shows behind it, those across midnight among them. " +
			"Unlike the report of a show, no period becomes final: `as_of` alone says which facts are in. At most 92 days and 200 shows each; rehearsals are in nothing.\n\n" +
			"The same `as_of` gives the same answer. Making it is recorded in the audit log.",
		Actions: []live.Action{live.ActReport}, output: "application/json,text/html,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}, a.getComparison)
}

// comparisonQuery is what stands side by side: shows, or periods.
type comparisonQuery struct {
	Shows       string `query:"shows" maxLength:"2048" doc:"Two to ten show ids, with commas between; the first is the one that the others are held against." example:"s2,s1"`
	From        string `query:"from" format:"date" doc:"First day of a period, as 2026-01-02; then without shows."`
	To          string `query:"to" format:"date" doc:"Last day of the period; the first when left out."`
	AgainstFrom string `query:"against_from" format:"date" doc:"First day of the period it is held against; when left out, that is as many days right before."`
	AgainstTo   string `query:"against_to" format:"date" doc:"Last day of that; its first when left out."`
	MerchantID  string `query:"merchant_id" doc:"Of periods; needed of an admin's token."`
	RoomID      string `query:"room_id" doc:"Periods of this room only; needed of a token limited to rooms."`
	TimeZone    string `query:"time_zone" maxLength:"64" doc:"IANA name whose days are meant; the room's, or the merchant's, when left out."`
	Format      string `query:"format" enum:"json,html,csv,xlsx" default:"json"`
	AsOf        string `query:"as_of" doc:"RFC 3339: only facts received until then; now when left out."`
	Lang        string `query:"lang" enum:"zh-CN,en" default:"zh-CN" doc:"Of the html and xlsx formats."`
}

func (a *API) getComparison(ctx context.Context, p live.Principal, in *comparisonQuery) (*reportOutput, error) {
	if !slices.Contains(report.ComparisonFormats, in.Format) {
		return nil, live.Invalid("format_unavailable", "format", "must be one of %s", strings.Join(report.ComparisonFormats, ", "))
	}
	at, err := a.asOf(in.AsOf)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	var m live.MerchantID
	var detail map[string]any
	switch {
	case in.Shows != "" && in.From != "":
		return nil, live.Invalid("invalid_field", "from", "must be left out with shows: it is shows or periods")
	case in.From != "":
		m, detail, err = a.comparePeriods(ctx, p, in, at, &buf)
	default:
		m, detail, err = a.compareShows(ctx, p, in, at, &buf)
	}
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, m, "", string(live.ActReport), detail); err != nil {
		return nil, err
	}
	out := &reportOutput{ContentType: reportTypes[in.Format], Body: buf.Bytes()}
	if in.Format == "html" {
		out.CSP = reportCSP
	}
	if ending, ok := reportFiles[in.Format]; ok {
		out.Disposition = `attachment; filename="comparison` + ending + `"`
	}
	return out, nil
}

// compareShows prints shows side by side.
func (a *API) compareShows(ctx context.Context, p live.Principal, in *comparisonQuery, at time.Time, w io.Writer) (live.MerchantID, map[string]any, error) {
	ids := strings.Split(in.Shows, ",")
	if len(ids) < 2 || len(ids) > analytics.MaxCompared {
		return "", nil, live.Invalid("invalid_field", "shows", "must name 2 to %d shows", analytics.MaxCompared)
	}
	shows := make([]live.Show, len(ids))
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return "", nil, live.Invalid("invalid_field", "shows", "names %s twice", clipped(id))
		}
		var err error
		if shows[i], err = a.show(ctx, p, live.ShowID(id)); err != nil {
			return "", nil, err
		}
		if shows[i].Merchant != shows[0].Merchant {
			return "", nil, live.Invalid("invalid_field", "shows", "must be of one merchant")
		}
	}
	c, err := a.cfg.Figures.Compare(ctx, shows, at)
	if err != nil {
		return "", nil, err
	}
	return shows[0].Merchant, map[string]any{"comparison": ids, "format": in.Format, "as_of": Time{c.AsOf}}, report.WriteComparison(w, &c, in.Format, in.Lang)
}

// comparePeriods prints two periods side by side.
func (a *API) comparePeriods(ctx context.Context, p live.Principal, in *comparisonQuery, at time.Time, w io.Writer) (live.MerchantID, map[string]any, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return "", nil, err
	}
	zone, err := a.zone(ctx, p, m, live.RoomID(in.RoomID), in.TimeZone)
	if err != nil {
		return "", nil, err
	}
	period := analytics.Period{Merchant: m, Room: live.RoomID(in.RoomID), Zone: zone}
	if period.From, period.Until, err = daysOf("from", in.From, "to", in.To, zone); err != nil {
		return "", nil, err
	}
	against := period.Before()
	switch {
	case in.AgainstFrom != "":
		if against.From, against.Until, err = daysOf("against_from", in.AgainstFrom, "against_to", in.AgainstTo, zone); err != nil {
			return "", nil, err
		}
	case in.AgainstTo != "":
		return "", nil, live.Invalid("invalid_field", "against_from", "is required with against_to")
	}
	c, err := a.cfg.Figures.ComparePeriods(ctx, period, against, at)
	if err != nil {
		return "", nil, err
	}
	detail := map[string]any{
		"from": period.First(), "to": period.Last(), "against_from": against.First(), "against_to": against.Last(), "time_zone": zone.String(),
		"room_id": in.RoomID, "format": in.Format, "as_of": Time{c.AsOf},
	}
	return m, detail, report.WritePeriods(w, &c, in.Format, in.Lang)
}

// daysOf reads the first and the last day of a period.
func daysOf(first, from, last, to string, zone *time.Location) (begins, ends time.Time, err error) {
	if begins, err = day(first, from, zone); err != nil {
		return begins, ends, err
	}
	end := begins
	if to != "" {
		if end, err = day(last, to, zone); err != nil {
			return begins, ends, err
		}
	}
	if end.Before(begins) || end.After(analytics.StartOfDay(begins, analytics.MaxPeriodDays-1, zone)) {
		return begins, ends, live.Invalid("invalid_field", last, "must be from the first day on and at most %d days in all", analytics.MaxPeriodDays)
	}
	return begins, analytics.StartOfDay(end, 1, zone), nil
}
