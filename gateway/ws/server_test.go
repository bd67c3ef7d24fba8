package ws_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/coder/websocket"
	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

// path is how the sockets of viewers are carried in this run of the suite.
var path = ws.PathPortable

// bothPaths runs the whole suite once for each path: what a client sees must be
// the same.
type bothPaths struct{ m *testing.M }

func (b bothPaths) Run() int {
	code := b.m.Run()
	if fuzzing := flag.Lookup("test.fuzz"); code != 0 || fuzzing != nil && fuzzing.Value.String() != "" || !ws.PathEpoll.Available() {
		return code
	}
	path = ws.PathEpoll
	fmt.Println("the same on the path", path)
	return b.m.Run()
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(bothPaths{m},
		// fasthttp's clock never ends, and its pool's cleaner only after its next
		// round of ten seconds. Everything of ours has to be gone.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// rig is a real fiber app on a port of its own, with fakes behind it.
type rig struct {
	url   string // ws://host:port
	hub   *hub.Hub
	log   *fakeLog
	store *fakeStore
	mu    sync.Mutex
	skew  time.Duration
	stood time.Time // where the clock stands; zero: it goes
}

// narrow is a listener whose sockets buffer little, so that a client that does
// not read is felt after kilobytes and not after megabytes.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		err = tcp.SetWriteBuffer(16 << 10)
	}
	return c, err
}

// tokens of the test: the token is the name.
var tokens = map[string]live.Principal{
	"viewer":    {Subject: "v1", Name: "Ann", Role: live.RoleViewer, Merchant: "m1"},
	"viewer2":   {Subject: "v2", Name: "Bob", Role: live.RoleViewer, Merchant: "m1"},
	"operator":  {Subject: "op", Name: "Olga", Role: live.RoleOperator, Merchant: "m1"},
	"moderator": {Subject: "mod", Role: live.RoleModerator, Merchant: "m1"},
	"trainee":   {Subject: "ann", Role: live.RoleTrainee, Merchant: "m1"},
	"foreign":   {Subject: "x", Role: live.RoleOperator, Merchant: "m2"},
	"elsewhere": {Subject: "y", Role: live.RoleViewer, Merchant: "m1", Rooms: []live.RoomID{"r9"}},
	"machine":   {Subject: "z", Role: live.RoleIntegration, Merchant: "m1"},
}

func newRig(t testing.TB, change func(*ws.Deps, *hub.Config)) *rig {
	t.Helper()
	r := &rig{}
	logger := slog.New(slog.DiscardHandler)
	hc := hub.Config{Epoch: "e:1", Framer: ws.Framer{}, Now: time.Now, Logger: logger}
	d := ws.Deps{
		Authenticate: func(token string) (live.Principal, error) {
			p, ok := tokens[token]
			if !ok {
				return p, live.Unauthenticated("token_invalid", "the token does not hold")
			}
			return p, nil
		},
		RedeemTicket: func(ticket string) (live.Principal, error) {
			if ticket != "once" {
				return live.Principal{}, live.Unauthenticated("ticket_invalid", "no such ticket")
			}
			return tokens["viewer"], nil
		},
		Refuse: func(c *fiber.Ctx, err error) error {
			var e *live.Error
			if !errors.As(err, &e) {
				e = &live.Error{Code: "internal"}
			}
			status := map[live.Fault]int{
				live.FaultInvalid: 400, live.FaultUnauthenticated: 401, live.FaultForbidden: 403, live.FaultNotFound: 404,
			}[e.Fault]
			return c.Status(status).JSON(fiber.Map{"code": e.Code}, "application/problem+json")
		},
		Now: func() time.Time {
			r.mu.Lock()
			defer r.mu.Unlock()
			if !r.stood.IsZero() {
				return r.stood
			}
			return time.Now().Add(r.skew)
		},
		Logger: logger, Path: path,
		Timing: ws.Timing{Close: 300 * time.Millisecond},
	}
	r.store = &fakeStore{
		room:   live.Room{ID: "r1", Merchant: "m1", Title: "Room", Currency: "CNY"},
		show:   &live.Show{ID: "s1", Room: "r1", Merchant: "m1", Title: "Show", State: live.ShowStateLive, Version: 3, Pinned: "p2", StartedAt: time.Now().Add(-time.Hour)},
		shelf:  []live.Item{{Product: "p1", SKU: "k1", Title: "One", Price: 100, Currency: "CNY", Released: 5, Sold: 2}, {Product: "p2", SKU: "k2", Title: "Two", Price: 200, Currency: "CNY", Rank: 1}},
		banned: map[live.PersonID]string{},
	}
	r.log = &fakeLog{seen: map[string]live.EventID{}, doors: map[live.Origin]int{}}
	d.Store, d.Ingest, d.History = r.store, r.log, r.log
	if change != nil {
		change(&d, &hc)
	}
	r.hub = hub.New(hc)
	r.log.hub = r.hub
	d.Hub = r.hub
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(func(c *fiber.Ctx) error { // What stands before it says where clients are.
		if ip := net.ParseIP(c.Get("X-Test-Address")); ip != nil {
			c.Context().SetRemoteAddr(&net.TCPAddr{IP: ip})
		}
		return c.Next()
	})
	ws.New(d).Mount(app)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(narrow{ln}) }()
	r.url = "ws://" + ln.Addr().String()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := r.hub.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return r
}

// stand makes the clock stand at an instant.
func (r *rig) stand(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stood = at
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skew += d
}

// frame is any frame of the server.
type frame struct {
	Type      string `json:"type"`
	SessionID string `json:"session_id"`
	Role      string `json:"role"`
	Epoch     string `json:"epoch"`
	Offset    uint64 `json:"offset"`
	Recovered bool   `json:"recovered"`
	Room      *struct {
		RoomID string `json:"room_id"`
		Title  string `json:"title"`
		Show   *struct {
			ShowID  string `json:"show_id"`
			State   string `json:"state"`
			Version int64  `json:"version"`
		} `json:"show"`
		Shelf []struct {
			SKU  string `json:"sku_id"`
			Left int64  `json:"left"`
		} `json:"shelf"`
		Coupon map[string]any `json:"coupon"`
		Packet map[string]any `json:"red_packet"`
		Draw   map[string]any `json:"draw"`
		Pinned *struct {
			Product string `json:"product_id"`
		} `json:"pinned"`
		Online       int            `json:"online"`
		Modes        map[string]any `json:"modes"`
		Announcement string         `json:"announcement"`
	} `json:"room"`
	Events []struct {
		Type    string `json:"type"`
		EventID string `json:"event_id"`
		Actor   struct {
			ID   string `json:"id"`
			Role string `json:"role"`
		} `json:"actor"`
		Data map[string]any `json:"data"`
	} `json:"events"`
	ID    string         `json:"id"`
	OK    bool           `json:"ok"`
	Data  map[string]any `json:"data"`
	Error *struct {
		Code         string         `json:"code"`
		Field        string         `json:"field"`
		RetryAfterMS int64          `json:"retry_after_ms"`
		Data         map[string]any `json:"data"`
	} `json:"error"`
	Missed       uint64         `json:"missed"`
	Code         int            `json:"code"`
	Reason       string         `json:"reason"`
	Reconnect    bool           `json:"reconnect"`
	RetryAfterMS int64          `json:"retry_after_ms"`
	From         string         `json:"from"`
	Text         string         `json:"text"`
	Metrics      map[string]any `json:"metrics"`
}

// peer is a client with the frames it has read.
type peer struct {
	t    testing.TB
	conn *client.Conn
	ctx  context.Context
}

// dial opens a socket with a token; query is what follows the question mark.
func (r *rig) dial(t testing.TB, token, query string) *peer {
	t.Helper()
	return r.dialFrom(t, "", token, query)
}

// dialFrom is dial as if from an address, unless that is empty.
func (r *rig) dialFrom(t testing.TB, address, token, query string) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	c, resp, err := client.Dial(ctx, r.url+"/v1/rooms/r1/ws?"+query, &client.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}, "X-Test-Address": {address}}, Subprotocols: []string{ws.Subprotocol},
	})
	if err != nil {
		t.Fatalf("dial as %s: %v (%v)", token, err, resp)
	}
	c.SetReadLimit(1 << 24)
	t.Cleanup(func() { _ = c.CloseNow() })
	return &peer{t: t, conn: c, ctx: ctx}
}

// enter dials and reads the welcome.
func (r *rig) enter(t testing.TB, token, query string) (*peer, frame) {
	t.Helper()
	p := r.dial(t, token, query)
	w := p.read()
	if w.Type != "welcome" {
		t.Fatalf("first frame is %q", w.Type)
	}
	return p, w
}

func (p *peer) read() frame {
	p.t.Helper()
	f, err := p.next()
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

func (p *peer) next() (frame, error) {
	var f frame
	_, raw, err := p.conn.Read(p.ctx)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(raw, &f)
}

func (p *peer) send(raw string) {
	p.t.Helper()
	if err := p.conn.Write(p.ctx, client.MessageText, []byte(raw)); err != nil {
		p.t.Fatal(err)
	}
}

// until reads frames until one fits.
func (p *peer) until(fits func(frame) bool) frame {
	p.t.Helper()
	for {
		if f := p.read(); fits(f) {
			return f
		}
	}
}

// ask sends a frame and reads up to its ack.
func (p *peer) ask(id, rest string) frame {
	p.t.Helper()
	p.send(`{"id":"` + id + `",` + rest + `}`)
	return p.until(func(f frame) bool { return f.Type == "ack" && f.ID == id })
}

// ended reads until the close frame and returns the bye and the close code.
func (p *peer) ended() (bye frame, code client.StatusCode) {
	p.t.Helper()
	for {
		f, err := p.next()
		if err != nil {
			return bye, client.CloseStatus(err)
		}
		if f.Type == "bye" {
			bye = f
		}
	}
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestRefusedBeforeTheUpgrade(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, _ *hub.Config) { d.Origins = []string{"https://shop.example"} })
	host := strings.TrimPrefix(r.url, "ws://")
	for _, c := range []struct {
		name, path, origin, auth, protocol, version string
		status                                      int
		code                                        string
	}{
		{name: "no token", status: 401, code: "token_missing"},
		{name: "bad token", auth: "Bearer nobody", status: 401, code: "token_invalid"},
		{name: "not a bearer", auth: "Basic abc", status: 401, code: "token_invalid"},
		{name: "token in the url", path: "/v1/rooms/r1/ws?token=viewer", status: 401, code: "token_in_url"},
		{name: "token in the url beside a good one", path: "/v1/rooms/r1/ws?access_token=x", auth: "Bearer viewer", status: 401, code: "token_in_url"},
		{name: "token as ticket", path: "/v1/rooms/r1/ws?ticket=a.b.c", status: 401, code: "token_in_url"},
		{name: "bad ticket", path: "/v1/rooms/r1/ws?ticket=twice", status: 401, code: "ticket_invalid"},
		{name: "unknown room", path: "/v1/rooms/r7/ws", auth: "Bearer viewer", status: 404, code: "room_not_found"},
		{name: "another merchant's room", auth: "Bearer foreign", status: 404, code: "room_not_found"},
		{name: "outside the token's rooms", auth: "Bearer elsewhere", status: 403, code: "forbidden"},
		{name: "a role that does not watch", auth: "Bearer machine", status: 403, code: "forbidden"},
		{name: "a viewer's panel", path: "/v1/rooms/r1/ws?panel=1", auth: "Bearer viewer", status: 403, code: "forbidden"},
		{name: "panel nonsense", path: "/v1/rooms/r1/ws?panel=yes", auth: "Bearer operator", status: 400, code: "invalid_field"},
		{name: "since nonsense", path: "/v1/rooms/r1/ws?since=12", auth: "Bearer viewer", status: 400, code: "invalid_field"},
		{name: "long channel", path: "/v1/rooms/r1/ws?channel=" + strings.Repeat("x", 129), auth: "Bearer viewer", status: 400, code: "invalid_field"},
		{name: "forged origin", origin: "https://evil.example", auth: "Bearer viewer", status: 403, code: "forbidden_origin"},
		{name: "null origin", origin: "null", auth: "Bearer viewer", status: 403, code: "forbidden_origin"},
		{name: "origin that only begins like ours", origin: "http://" + host + "0", auth: "Bearer viewer", status: 403, code: "forbidden_origin"},
		{name: "an old websocket", auth: "Bearer viewer", version: "8", status: 400, code: "bad_handshake"},
		{name: "same host", origin: "http://" + host, auth: "Bearer viewer", status: 101},
		{name: "listed origin", origin: "https://shop.example", auth: "Bearer viewer", status: 101},
		{name: "token as sub-protocol", protocol: "showrunner.v1, bearer.viewer", status: 101},
		{name: "ticket", path: "/v1/rooms/r1/ws?ticket=once", status: 101},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.path == "" {
				c.path = "/v1/rooms/r1/ws"
			}
			if c.version == "" {
				c.version = "13"
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range map[string]string{
				"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": c.version,
				"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": c.origin, "Authorization": c.auth, "Sec-WebSocket-Protocol": c.protocol,
			} {
				if v != "" {
					req.Header.Set(k, v)
				}
			}
			tr := &http.Transport{}
			defer tr.CloseIdleConnections()
			resp, err := tr.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.status {
				t.Fatalf("status %d, want %d", resp.StatusCode, c.status)
			}
			if c.status == http.StatusSwitchingProtocols {
				if got := resp.Header.Get("Sec-WebSocket-Protocol"); c.protocol != "" && got != ws.Subprotocol {
					t.Errorf("answered sub-protocol %q: the token must not be echoed", got)
				}
				return
			}
			var problem struct{ Code string }
			if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil || problem.Code != c.code {
				t.Errorf("code %q (%v), want %q", problem.Code, err, c.code)
			}
		})
	}
	resp, err := http.Get("http://" + host + "/v1/rooms/r1/ws")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if resp.StatusCode != 400 {
		t.Errorf("a plain GET: %d", resp.StatusCode)
	}
}

func TestWelcome(t *testing.T) {
	r := newRig(t, nil)
	_, w := r.enter(t, "viewer", "")
	if w.SessionID == "" || w.Role != "viewer" || w.Epoch != "e:1" || w.Recovered {
		t.Errorf("welcome: %+v", w)
	}
	room := w.Room
	if room.RoomID != "r1" || room.Title != "Room" || room.Show.ShowID != "s1" || room.Show.State != "live" || room.Show.Version != 3 ||
		len(room.Shelf) != 2 || room.Shelf[0].Left != 3 || room.Pinned == nil || room.Pinned.Product != "p2" ||
		room.Online != 1 || room.Modes == nil || room.Announcement != "hello" {
		t.Errorf("room: %+v", room)
	}
	_, w2 := r.enter(t, "operator", "panel=1")
	if w2.Room.Online != 1 {
		t.Errorf("staff counted as online: %d", w2.Room.Online)
	}
}
