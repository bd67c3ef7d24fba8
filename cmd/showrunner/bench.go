package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"showrunner/gateway/auth"
	"showrunner/live"
)

// BenchCmd measures a running server from outside, over its public API, and
// writes figures as JSON on standard output. The server's rate limits are meant
// for people; start it with `showrunner serve --rate-limits off` for these.
type BenchCmd struct {
	Ingest      BenchIngestCmd      `cmd:"" help:"Facts over websockets: accepted durably a second, and the wait for the ack."`
	Orders      BenchOrdersCmd      `cmd:"" help:"Orders over websockets: placed a second, and the wait for the ack."`
	Room        BenchRoomCmd        `cmd:"" help:"One room of a running server: deliveries a second, and how late they are."`
	Rooms       BenchRoomsCmd       `cmd:"" help:"Rooms at full size, in alternation with centrifuge and Centrifugo; fails when a target is missed."`
	Crowd       BenchCrowdCmd       `cmd:"" hidden:"" help:"The viewers of bench rooms."`
	Freshness   BenchFreshnessCmd   `cmd:"" help:"From the ack of a comment or an order until a panel's snapshot shows it."`
	Credit      BenchCreditCmd      `cmd:"" help:"From the payment of an order until the panel is told who earned it; fails when one is not, or not all of its money."`
	Groups      BenchGroupsCmd      `cmd:"" help:"The board, survival, alarms and days of thousands of groups; starts its own server and fails when a figure is not what was drawn."`
	Store       BenchStoreCmd       `cmd:"" help:"Events from the log into ClickHouse a second."`
	Analytics   BenchAnalyticsCmd   `cmd:"" help:"Figures of shows over millions of events in ClickHouse: what people wait, what a row costs; starts its own server."`
	Wall        BenchWallCmd        `cmd:"" help:"From somebody entering one of a thousand rooms until everybody who watches the wall sees it; starts its own server."`
	Attribution BenchAttributionCmd `cmd:"" help:"Journeys in memory and in a file, divided by every model; needs no server."`
}

// benchTarget is what every measurement needs.
type benchTarget struct {
	URL      string        `help:"Address of the server, such as http://127.0.0.1:8080. Required unless the bench starts its own."`
	Data     string        `type:"path" help:"Data folder of the server; its keys sign the tokens. Required with --url."`
	Conns    int           `default:"100" help:"Connections, 1 to 20000."`
	Duration time.Duration `default:"10s" help:"How long to measure, 1s to 1h."`
	Inflight int           `default:"8" help:"Frames of one connection that may wait for their ack, 1 to 256."`
	Merchant string        `default:"bench-merchant" help:"Merchant whose room it is."`
	Remote   bool          `help:"Allow an address that is not loopback: you are about to load somebody's server."`
}

// benchStage is a room with a running show on the server under test.
type benchStage struct {
	target benchTarget
	api    *simAPI
	tokens *auth.Auth
	name   string
	room   live.RoomID
	show   live.ShowID
	skus   []live.SKUID
	price  int64
}

// benchTTL outlives every measurement.
const benchTTL = 3 * time.Hour

func (t *benchTarget) validate() error {
	u, err := url.Parse(t.URL)
	if t.Data == "" {
		return fmt.Errorf("%w: --data must be the data folder of the server", errUsage)
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%w: --url must be http://HOST:PORT", errUsage)
	}
	if !t.Remote && !thisMachine(u.Hostname()) {
		return fmt.Errorf("%w: --url is not loopback; give --remote if you mean it", errUsage)
	}
	if t.Conns < 1 || t.Conns > 20_000 || t.Inflight < 1 || t.Inflight > 256 || t.Duration < time.Second || t.Duration > time.Hour {
		return fmt.Errorf("%w: --conns must be 1 to 20000, --inflight 1 to 256, --duration 1s to 1h", errUsage)
	}
	if !live.ValidID(t.Merchant) {
		return fmt.Errorf("%w: --merchant must be an identifier", errUsage)
	}
	return nil
}

// open makes the room and starts a show with stock enough for any measurement.
func (t *benchTarget) open(ctx context.Context) (*benchStage, error) {
	return t.openWith(ctx, 8, live.MaxStock)
}

// openWith is open with as many SKUs and as much stock of each.
func (t *benchTarget) openWith(ctx context.Context, skus int, stock int64) (*benchStage, error) {
	if err := t.validate(); err != nil {
		return nil, err
	}
	tokens, err := auth.Open(auth.Config{Dir: t.Data, Now: func() time.Time { return time.Now().UTC() }})
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	name := "bench-" + strings.ToLower(rand.Text()[:10])
	s := &benchStage{
		target: *t, tokens: tokens, name: name, room: live.RoomID(name), show: live.ShowID(name + "-show"), price: 1900,
		api: newSimAPI(strings.TrimRight(t.URL, "/"), &atomic.Int64{}),
	}
	token, err := s.token(live.RoleMerchant, "owner")
	if err != nil {
		return nil, err
	}
	var items []map[string]any
	for i := range skus {
		sku := live.SKUID(fmt.Sprintf("sku-%d", i+1))
		s.skus = append(s.skus, sku)
		items = append(items, map[string]any{
			"product_id": fmt.Sprintf("product-%d", i+1), "sku_id": sku, "title": fmt.Sprintf("Bench product %d", i+1),
			"price_minor": s.price, "currency": "CNY", "stock": stock,
		})
	}
	for _, c := range []simCall{
		{Method: http.MethodPost, Path: "/v1/rooms", Body: map[string]any{
			"room_id": s.room, "merchant_id": t.Merchant, "title": "Bench room", "currency": "CNY", "time_zone": "UTC",
		}},
		{Method: http.MethodPost, Path: "/v1/rooms/" + name + "/shows", Body: map[string]any{"show_id": s.show, "title": "Bench show"}},
		{Method: http.MethodPut, Path: "/v1/shows/" + string(s.show) + "/shelf", Body: map[string]any{"items": items}},
		{Method: http.MethodPost, Path: "/v1/shows/" + string(s.show) + "/start", Body: map[string]any{"command_id": name + ".start"}},
	} {
		c.Token, c.Key = token, name
		if err := s.api.do(ctx, c, nil); err != nil {
			return nil, fmt.Errorf("set up the bench: %w", err)
		}
	}
	return s, nil
}

// close ends the show, so that the server is left as it was found.
func (s *benchStage) close(ctx context.Context) error {
	token, err := s.token(live.RoleMerchant, "owner")
	if err != nil {
		return err
	}
	err = s.api.do(context.WithoutCancel(ctx), simCall{
		Method: http.MethodPost, Path: "/v1/shows/" + string(s.show) + "/end", Token: token, Key: s.name,
		Body: map[string]any{"command_id": s.name + ".end"},
	}, nil)
	if err != nil {
		return fmt.Errorf("end the show: %w", err)
	}
	return nil
}

func (s *benchStage) token(role live.Role, subject string) (string, error) {
	t, err := s.tokens.Issue(live.Principal{Subject: s.name + "-" + subject, Role: role, Merchant: live.MerchantID(s.target.Merchant)}, benchTTL)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return t, nil
}

// benchHost says where a figure comes from; without it the figure means little.
type benchHost struct {
	Bench    string  `json:"bench"`
	URL      string  `json:"url"`
	Conns    int     `json:"conns"`
	Inflight int     `json:"inflight"`
	Seconds  float64 `json:"seconds"`
	CPUs     int     `json:"client_cpus"`
	Go       string  `json:"client_go"`
}

func (s *benchStage) host(bench string, took time.Duration) benchHost {
	return benchHost{
		Bench: bench, URL: s.target.URL, Conns: s.target.Conns, Inflight: s.target.Inflight,
		Seconds: took.Seconds(), CPUs: runtime.GOMAXPROCS(0), Go: runtime.Version(),
	}
}

// benchLatency are percentiles in milliseconds.
type benchLatency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

// newHistogram takes 1 µs to 5 minutes with three digits.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, (5 * time.Minute).Microseconds(), 3)
}

// record notes a latency; one out of range counts as the nearest bound.
func record(h *hdrhistogram.Histogram, d time.Duration) {
	us := min(max(d.Microseconds(), 1), h.HighestTrackableValue())
	if err := h.RecordValue(us); err != nil {
		panic("BUG: a clamped value is out of range: " + err.Error())
	}
}

func latencyOf(h *hdrhistogram.Histogram) benchLatency {
	ms := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
	return benchLatency{Count: h.TotalCount(), P50: ms(50), P90: ms(90), P99: ms(99), P999: ms(99.9), Max: float64(h.Max()) / 1000}
}

func perSecond(n int64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}

func writeFigures(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}
