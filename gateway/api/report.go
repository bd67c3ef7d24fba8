package api

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"showrunner/live"
)

// ReportFormats are the formats of the post-show report there are.
var ReportFormats = []string{"json", "html", "csv", "windows", "xlsx", "pdf"}

// reportFiles are the formats that are downloaded, with the endings of their files.
var reportFiles = map[string]string{"csv": ".csv", "windows": "-windows.csv", "xlsx": ".xlsx", "pdf": ".pdf"}

var reportTypes = map[string]string{
	"json": "application/json",
	"html": "text/html; charset=utf-8",
	"csv":  "text/csv; charset=utf-8",
	"pdf":  "application/pdf",

	"windows": "text/csv; charset=utf-8",
	"xlsx":    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// reportCSP lets a report show its own style and inline pictures and nothing else.
const reportCSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

func (a *API) reports() {
	add(a, Route{
		ID: "get-report", Method: "GET", Path: "/v1/shows/{show_id}/report", Tag: "Figures", Summary: "Print the post-show report",
		Text: "The same `as_of` gives the same bytes. The figures are `provisional` until `final_at`, 30 x 24 h after the end of the show, and `final` from then on: " +
			"facts taken in later change none of them and are told beside them in `after_final`. `complete` is that every fact received until `as_of` is in. Printing it is recorded in the audit log.",
		Actions: []live.Action{live.ActReport}, output: "application/json,text/html,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,application/pdf",
	}, a.getReport)
}

type reportOutput struct {
	ContentType string `header:"Content-Type"`
	CSP         string `header:"Content-Security-Policy"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) getReport(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	Format string `query:"format" doc:"json, html, csv (a line for each cell), windows (CSV with a row for each currency and window T0 to T30), xlsx (charts, and a sheet for each table) or pdf (the html on paper; 501 where the server has no Chromium)." default:"json"`
	AsOf   string `query:"as_of" doc:"RFC 3339: only facts received until then; now when left out."`
	Lang   string `query:"lang" enum:"zh-CN,en" default:"zh-CN" doc:"Of the html, xlsx and pdf formats; in zh-CN the English stands beside the Chinese."`
},
) (*reportOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(ReportFormats, in.Format) {
		e := live.Invalid("format_unavailable", "format", "%q is not available; there are %s", clipped(in.Format), strings.Join(ReportFormats, ", "))
		e.Data = map[string]any{"formats": ReportFormats}
		return nil, e
	}
	at, err := a.asOf(in.AsOf)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := a.cfg.Figures.Report(ctx, s, in.Format, in.Lang, at, &buf); err != nil {
		return nil, err
	}
	detail := map[string]any{"format": in.Format}
	if in.AsOf != "" {
		detail["as_of"] = Time{at}
	}
	if err := a.audit(ctx, p, s.Merchant, s.ID, string(live.ActReport), detail); err != nil {
		return nil, err
	}
	out := &reportOutput{ContentType: reportTypes[in.Format], Body: buf.Bytes()}
	if in.Format == "html" {
		out.CSP = reportCSP
	}
	if ending, ok := reportFiles[in.Format]; ok {
		out.Disposition = `attachment; filename="report-` + string(s.ID) + ending + `"`
	}
	return out, nil
}
