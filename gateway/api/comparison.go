package api

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"showrunner/analytics"
	"showrunner/analytics/report"
	"showrunner/live"
)

func (a *API) comparisons() {
	add(a, Route{
		ID: "get-comparison", Method: "GET", Path: "/v1/comparisons", Tag: "Figures", Summary: "Put shows side by side",
		Text: "The same figures of two to ten shows, each with difference and ratio to the first one as exact fractions: orders and money once for each currency, all others once. The same `as_of` gives the same answer; " +
			"a show whose figures were final before stands as of then. Making it is recorded in the audit log.",
		Actions: []live.Action{live.ActReport}, output: "application/json,text/html,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}, a.getComparison)
}

func (a *API) getComparison(ctx context.Context, p live.Principal, in *struct {
	Shows  string `query:"shows" required:"true" maxLength:"2048" doc:"Two to ten show ids, with commas between; the first is the one that the others are held against." example:"s2,s1"`
	Format string `query:"format" enum:"json,html,csv,xlsx" default:"json"`
	AsOf   string `query:"as_of" doc:"RFC 3339: only facts received until then; now when left out."`
	Lang   string `query:"lang" enum:"zh-CN,en" default:"zh-CN" doc:"Of the html and xlsx formats."`
},
) (*reportOutput, error) {
	ids := strings.Split(in.Shows, ",")
	if len(ids) < 2 || len(ids) > analytics.MaxCompared {
		return nil, live.Invalid("invalid_field", "shows", "must name 2 to %d shows", analytics.MaxCompared)
	}
	if !slices.Contains(report.ComparisonFormats, in.Format) {
		return nil, live.Invalid("format_unavailable", "format", "must be one of %s", strings.Join(report.ComparisonFormats, ", "))
	}
	at, err := a.asOf(in.AsOf)
	if err != nil {
		return nil, err
	}
	shows := make([]live.Show, len(ids))
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return nil, live.Invalid("invalid_field", "shows", "names %s twice", clipped(id))
		}
		if shows[i], err = a.show(ctx, p, live.ShowID(id)); err != nil {
			return nil, err
		}
		if shows[i].Merchant != shows[0].Merchant {
			return nil, live.Invalid("invalid_field", "shows", "must be of one merchant")
		}
	}
	c, err := a.cfg.Figures.Compare(ctx, shows, at)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := report.WriteComparison(&buf, &c, in.Format, in.Lang); err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, shows[0].Merchant, "", string(live.ActReport), map[string]any{"comparison": ids, "format": in.Format, "as_of": Time{c.AsOf}}); err != nil {
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
