package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"time"

	"showrunner/analytics"
	"showrunner/live"
	"showrunner/live/store"
)

const (
	// catchUp is how long after it was due a report is still made: longer away, a
	// server leaves it out.
	catchUp = 7 * 24 * time.Hour
	// firstAgain and lastAgain bound the wait before a report that failed is tried
	// again; it doubles.
	firstAgain, lastAgain = 15 * time.Second, time.Hour
	// MaxContent is how large a report may be to travel in its webhook, in bytes. A
	// larger one is named by its path and digest alone.
	MaxContent = 1 << 20
	// mostShows bounds the shows of a schedule that are looked at at a time.
	mostShows = 500
)

// errNotComplete is that ClickHouse has not everything that a report is made of.
var errNotComplete = live.Unavailable("not_complete", firstAgain, "some facts are still on their way")

// Reports makes reports. Complete is false when not every fact until the instant
// was in: the same report is then made again, so that what is sent never differs
// from what can be downloaded.
type Reports interface {
	OfShow(ctx context.Context, show live.Show, format, lang string, asOf time.Time, w io.Writer) (complete bool, err error)
	OfPeriod(ctx context.Context, period, against analytics.Period, format, lang string, asOf time.Time, w io.Writer) (complete bool, err error)
}

// Config is what [NewMaker] needs; all of it is required.
type Config struct {
	Book    *Book
	Reports Reports
	Now     func() time.Time
	Every   time.Duration // between two looks
	Logger  *slog.Logger
}

// Maker makes reports when they are due and hands them to the sender of webhooks.
type Maker struct{ cfg Config }

// NewMaker starts nothing.
func NewMaker(cfg Config) (*Maker, error) {
	if cfg.Book == nil || cfg.Reports == nil || cfg.Now == nil || cfg.Every <= 0 || cfg.Logger == nil {
		return nil, errors.New("plan: Book, Reports, Now, Every and Logger are required")
	}
	return &Maker{cfg}, nil
}

// Run looks for what is due until ctx ends, then returns nil.
func (m *Maker) Run(ctx context.Context) error {
	tick := time.NewTicker(m.cfg.Every)
	defer tick.Stop()
	for {
		if err := m.Look(ctx); err != nil && ctx.Err() == nil {
			m.cfg.Logger.WarnContext(ctx, "reports that are due wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// due is a report that is due.
type due struct {
	subject string
	at      time.Time // which is as of when it is, too
	path    string    // where it can be downloaded
	about   map[string]any
	write   func(ctx context.Context, w io.Writer) (complete bool, err error)
}

// Look makes what is due now. A report that cannot be made does not hold up the
// others.
func (m *Maker) Look(ctx context.Context) error {
	schedules, err := m.cfg.Book.active(ctx)
	if err != nil {
		return err
	}
	for i := range schedules {
		s := &schedules[i]
		now := m.cfg.Now()
		since := now.Add(-catchUp)
		if s.CreatedAt.After(since) {
			since = s.CreatedAt
		}
		list, err := m.dueOf(ctx, s, since, now)
		if err != nil {
			return err
		}
		known, err := m.cfg.Book.runsSince(ctx, s.ID, since)
		if err != nil {
			return err
		}
		for k := range list {
			d := &list[k]
			if was, ok := known[d.subject]; ok && (was.Made || was.NextAt.After(now)) {
				continue
			}
			if err := m.make(ctx, s, d, known[d.subject].Attempts); err != nil {
				return err
			}
		}
	}
	return nil
}

// dueOf lists what was due by a schedule in [since, now].
func (m *Maker) dueOf(ctx context.Context, s *Schedule, since, now time.Time) ([]due, error) {
	if s.Report == OfShow {
		return m.dueOfShows(ctx, s, since, now)
	}
	zone, err := zoneOf(s.Zone)
	if err != nil {
		return nil, err
	}
	days := 1
	today := analytics.StartOfDay(now, 0, zone)
	if s.Report == Weekly { // Weeks begin on Monday.
		days = 7
		today = analytics.StartOfDay(now, -(int(now.In(zone).Weekday())+6)%7, zone)
	}
	var out []due
	for until := today; !until.Before(since); until = analytics.StartOfDay(until, -days, zone) {
		p := analytics.Period{Merchant: s.Merchant, Zone: zone, From: analytics.StartOfDay(until, -days, zone), Until: until}
		out = append(out, m.period(s, p))
	}
	return out, nil
}

// period is the comparison of a period that is over with the one before it.
func (m *Maker) period(s *Schedule, p analytics.Period) due {
	against := p.Before()
	at := p.Until
	query := url.Values{
		"from": {p.First()}, "to": {p.Last()}, "against_from": {against.First()}, "against_to": {against.Last()}, "time_zone": {s.Zone},
		"format": {s.Format}, "lang": {s.Lang}, "as_of": {analytics.Stamp(at)},
	}
	return due{
		subject: "period:" + p.First() + ":" + p.Last(), at: at, path: "/v1/comparisons?" + query.Encode(),
		about: map[string]any{"from": p.First(), "to": p.Last(), "against_from": against.First(), "against_to": against.Last(), "time_zone": s.Zone},
		write: func(ctx context.Context, w io.Writer) (bool, error) {
			return m.cfg.Reports.OfPeriod(ctx, p, against, s.Format, s.Lang, at, w)
		},
	}
}

// dueOfShows lists the reports of shows.
func (m *Maker) dueOfShows(ctx context.Context, s *Schedule, since, now time.Time) ([]due, error) {
	var out []due
	for _, moment := range s.Moments {
		after := time.Duration(Moments[moment]) * 24 * time.Hour
		shows, err := m.cfg.Book.store.ShowsEnded(ctx, s.Merchant, since.Add(-after), now.Add(-after+time.Millisecond), mostShows)
		if err != nil {
			return nil, err
		}
		for _, show := range shows {
			at := show.EndedAt.Add(after)
			query := url.Values{"format": {s.Format}, "lang": {s.Lang}, "as_of": {analytics.Stamp(at)}}
			out = append(out, due{
				subject: "show:" + string(show.ID) + ":" + moment, at: at, path: "/v1/shows/" + url.PathEscape(string(show.ID)) + "/report?" + query.Encode(),
				about: map[string]any{"show_id": string(show.ID), "moment": moment},
				write: func(ctx context.Context, w io.Writer) (bool, error) {
					return m.cfg.Reports.OfShow(ctx, show, s.Format, s.Lang, at, w)
				},
			})
		}
	}
	return out, nil
}

// make makes one report. What goes wrong with it is recorded; an error is one of
// the store's.
func (m *Maker) make(ctx context.Context, s *Schedule, d *due, attempts int64) error {
	x := Run{Schedule: s.ID, Subject: d.subject, DueAt: d.at}
	var content bytes.Buffer
	complete, err := d.write(ctx, &content)
	if err == nil && !complete {
		err = errNotComplete
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		m.cfg.Logger.WarnContext(ctx, "a report that is due is not made so far", "schedule_id", s.ID, "subject", d.subject, "error", err)
		wait := firstAgain << min(attempts, 8)
		return m.cfg.Book.failed(ctx, s, x, err, m.cfg.Now().Add(min(wait, lastAgain)))
	}
	sum := sha256.Sum256(content.Bytes())
	x.SHA256, x.Bytes = hex.EncodeToString(sum[:]), int64(content.Len())
	body, err := message(s, d, x, content.Bytes())
	if err != nil {
		return err
	}
	done, err := m.cfg.Book.made(ctx, s, x, body)
	if err == nil && done {
		m.cfg.Logger.InfoContext(ctx, "a report is on its way", "schedule_id", s.ID, "subject", d.subject)
	}
	return err
}

// message is the body of the webhook.
func message(s *Schedule, d *due, x Run, content []byte) (string, error) {
	data := map[string]any{
		"schedule_id": s.ID, "report": s.Report, "merchant_id": string(s.Merchant), "as_of": analytics.Stamp(d.at), "format": s.Format, "lang": s.Lang,
		"path": d.path, "content_bytes": x.Bytes, "content_sha256": x.SHA256,
	}
	maps.Copy(data, d.about)
	if len(content) <= MaxContent {
		data["content_base64"] = base64.StdEncoding.EncodeToString(content)
	} else {
		data["content_omitted"] = true
	}
	body, err := json.Marshal(struct {
		Type      live.Kind      `json:"type"`
		Timestamp string         `json:"timestamp"`
		Data      map[string]any `json:"data"`
	}{store.ReportDue, analytics.Stamp(d.at), data})
	if err != nil {
		return "", fmt.Errorf("encode a report: %w", err)
	}
	return string(body), nil
}
