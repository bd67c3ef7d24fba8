package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"showrunner/live"
)

// ReportCmd fetches the post-show report, from a running server or, with --data
// alone, from a data folder whose server is started for the purpose.
type ReportCmd struct {
	URL    string `name:"url" help:"Address of a running server; without it the one of --data is started for the report."`
	Data   string `type:"path" help:"Data folder; its keys sign the request unless --token is given."`
	Token  string `help:"Token of a role that may read reports; better given as SHOWRUNNER_TOKEN."`
	Show   string `required:"" help:"The show."`
	Format string `default:"json" enum:"json,html,csv,windows,xlsx,pdf" help:"json, html, csv, windows (CSV with a row for each currency and window), xlsx or pdf."`
	Lang   string `default:"" help:"Language of html, xlsx and pdf: zh-CN or en."`
	AsOf   string `help:"Count what was known at this instant, RFC 3339; now without it."`
	Output string `short:"o" default:"-" help:"File to write; - is standard output."`
}

// Execute writes the report. It fails if neither --url nor --data is given, if
// the show is unknown, or if the server refuses.
func (c *ReportCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.URL == "" && c.Data == "" {
		return fmt.Errorf("%w: one of --url and --data is needed", errUsage)
	}
	if c.Token == "" && c.Data == "" {
		return fmt.Errorf("%w: one of --token and --data is needed to sign in", errUsage)
	}
	if c.URL == "" {
		s := newServe()
		s.Data, s.Addr, s.LogLevel = c.Data, "127.0.0.1:0", "warn"
		server, startErr := s.background(ctx, io.Discard, stderr)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, server.stop()) }()
		c.URL = server.url
	}
	if c.Token == "" {
		keys, err := openAuth(c.Data, clock)
		if err != nil {
			return err
		}
		if c.Token, err = keys.Issue(live.Principal{Subject: "report-command", Role: live.RoleAdmin}, 5*time.Minute); err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
	}
	body, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	if c.Output == "-" {
		_, err = stdout.Write(body)
	} else {
		err = os.WriteFile(c.Output, body, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (c *ReportCmd) fetch(ctx context.Context) ([]byte, error) {
	query := url.Values{"format": {c.Format}}
	if c.AsOf != "" {
		query.Set("as_of", c.AsOf)
	}
	if c.Lang != "" {
		query.Set("lang", c.Lang)
	}
	at := strings.TrimSuffix(c.URL, "/") + "/v1/shows/" + url.PathEscape(c.Show) + "/report?" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the report: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for the report: %w", err)
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var p struct {
			Code   string `json:"code"`
			Detail string `json:"detail"`
		}
		if err := json.Unmarshal(body, &p); err != nil || p.Code == "" {
			return nil, fmt.Errorf("the server answered %s", res.Status)
		}
		return nil, fmt.Errorf("the server refused: %s: %s", p.Code, p.Detail)
	}
	return body, nil
}
