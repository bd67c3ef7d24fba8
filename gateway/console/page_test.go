package console

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
)

// script is a server that plays one fixed room to the page: what it says is
// written down here, and what it is told is kept. The real server's protocol is
// tested where it lives; this one can be cut, and repeats itself exactly.
type script struct {
	url string

	mu    sync.Mutex
	joins []string    // the query of every join
	said  []fiber.Map // every frame of the page
	conn  link
}

// link is the connection itself and not the adapter's wrapper of it, which
// belongs to somebody else once the handler has returned.
type link interface {
	WriteJSON(v any) error
	SetReadDeadline(t time.Time) error
}

func startScript(t *testing.T) *script {
	t.Helper()
	s := &script{}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	Mount(app)
	app.Get("/v1/rooms", bearer, func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"items": []fiber.Map{{"room_id": "r1", "title": "Evening kitchen", "currency": "CNY"}}})
	})
	app.Get("/v1/rooms/r1", bearer, func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"room_id": "r1", "title": "Evening kitchen", "currency": "CNY", "host_ids": []string{"host-ann", "host-bo"}})
	})
	app.Get("/v1/rooms/r1/moderation", bearer, func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"room_id": "r1", "modes": fiber.Map{}, "keywords": []string{"假货", "fake"}, "autoreplies": []any{}})
	})
	app.Get("/v1/coupons", bearer, func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"items": []fiber.Map{{"batch_id": "b1", "title": "满99减10"}, {"batch_id": "b0", "title": "old", "voided": true}}})
	})
	app.Get("/v1/shows/s1/timeline", bearer, func(c *fiber.Ctx) error {
		return c.JSON(fiber.Map{"show_id": "s1", "currency": "CNY", "step": "minute", "points": []fiber.Map{
			{"t": "2026-11-11T11:57:00.000Z", "online": 300, "gmv_paid_minor": 200000, "orders_paid": 20},
			{"t": "2026-11-11T11:58:00.000Z", "online": 520, "gmv_paid_minor": 500000, "orders_paid": 51},
		}})
	})
	app.Get("/v1/shows/s1/report", bearer, func(c *fiber.Ctx) error {
		return c.Type("html").SendString(`<!doctype html><title>Report of s1</title><style>body{background:rgb(1,2,3)}</style>
			<body><h1>Report</h1><img src="x" onerror="window.ran=1"><script>window.ran=1</script></body>`)
	})
	app.Get("/v1/rooms/r1/ws", websocket.New(s.play, websocket.Config{Subprotocols: []string{"showrunner.v1"}}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(listener) }()
	t.Cleanup(func() {
		s.cut()
		if err := app.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	s.url = "http://" + listener.Addr().String()
	return s
}

func bearer(c *fiber.Ctx) error {
	if !strings.HasPrefix(c.Get("Authorization"), "Bearer x.") {
		return c.Status(fiber.StatusUnauthorized).JSON(fiber.Map{"code": "no_token", "detail": "no token"})
	}
	return c.Next()
}

const hostile = `<img src=x onerror="window.ran=1"> & <b>bold</b>`

// play is one connection of the page to the room.
func (s *script) play(c *websocket.Conn) {
	s.mu.Lock()
	s.joins = append(s.joins, fmt.Sprintf("panel=%s since=%s protocol=%s", c.Query("panel"), c.Query("since"), c.Subprotocol()))
	again := len(s.joins) > 1
	mine := link(c.Conn)
	s.conn = mine
	s.mu.Unlock()
	defer func() {
		// Once this returns the connection is another's: nobody may hold it.
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.conn == mine {
			s.conn = nil
		}
	}()
	s.tell(fiber.Map{
		"type": "welcome", "session_id": "x", "role": "operator", "epoch": "e1", "offset": 100, "recovered": again,
		"room": fiber.Map{
			"room_id": "r1", "title": "Evening kitchen", "currency": "CNY", "online": 812, "pinned": nil, "modes": fiber.Map{"mute_all": false, "comments_off": false, "followers_only": true, "slow_mode_s": 3}, "coupon": nil, "red_packet": nil, "draw": nil, "announcement": "Free shipping tonight",
			"show": fiber.Map{"show_id": "s1", "title": "Knives and pots", "state": "live", "version": 3},
			"shelf": []fiber.Map{
				{"sku_id": "k1", "product_id": "p1", "title": "Chef's knife with a name that is far too long for a narrow phone", "price_minor": 19900, "currency": "CNY", "left": 40, "rank": 1},
				{"sku_id": "k2", "product_id": "p2", "title": "Pot", "price_minor": 8800, "currency": "CNY", "left": 0, "rank": 2},
			},
		},
	})
	if again {
		s.tell(events(107, event("comment_sent", "c2", fiber.Map{"comment_id": "c2", "text": "while you were away"})))
	} else {
		s.tell(events(106,
			event("comment_sent", "c1", fiber.Map{"comment_id": "c1", "text": hostile}),
			event("product_pinned", "e2", fiber.Map{"product_id": "p1"}),
			event("order_created", "e3", fiber.Map{"order_id": "o1", "order_state": "unpaid", "currency": "CNY", "total_minor": 19900}),
			event("order_paid", "e4", fiber.Map{"order_id": "o1", "order_state": "paid", "currency": "CNY", "total_minor": 19900, "paid_minor": 19900}),
		))
		s.tell(fiber.Map{"type": "prompt", "from": "operator", "name": "Olga", "text": "Show the blade", "event_id": "pr1", "at": "2026-11-11T12:00:00.000Z", "offset": 106})
	}
	for minute := range 3 {
		s.tell(snapshot(fmt.Sprintf("2026-11-11T11:%d:30.000Z", 57+minute), int64(500000+400000*minute)))
	}
	for {
		_, raw, err := c.ReadMessage()
		if err != nil {
			return
		}
		var frame fiber.Map
		if err := json.Unmarshal(raw, &frame); err != nil {
			return
		}
		s.mu.Lock()
		s.said = append(s.said, frame)
		s.mu.Unlock()
		if frame["type"] == "release_stock" {
			s.tell(fiber.Map{"type": "ack", "id": frame["id"], "ok": false, "error": fiber.Map{"code": "stock_limit", "message": "only 10 units are allotted"}})
			continue
		}
		if frame["type"] == "drop_red_packet" {
			s.tell(fiber.Map{"type": "ack", "id": frame["id"], "ok": false, "error": fiber.Map{
				"code": "benefit_limit", "field": "data.total_minor", "message": "must be at most 1000 here, by red_packet_units",
			}})
			continue
		}
		s.tell(fiber.Map{"type": "ack", "id": frame["id"], "ok": true, "data": fiber.Map{}})
		if kind, data := consequence(frame); kind != "" {
			s.tell(events(107+len(s.heard("")), event(kind, fmt.Sprint("done-", frame["id"]), data)))
		}
		if frame["type"] == "end_show" {
			s.tell(events(120, event("show_ended", "e9", fiber.Map{"show_id": "s1", "state": "ended", "version": 4})))
		}
	}
}

func (s *script) tell(frame fiber.Map) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		_ = s.conn.WriteJSON(frame) // A page that is gone is noticed by the reader.
	}
}

// cut ends the connection without a word, as a tunnel does.
func (s *script) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		// fasthttp ignores Close of a hijacked connection; a handler whose read
		// failed returns, and then it is closed.
		_ = s.conn.SetReadDeadline(time.Now()) // It may be closed already.
		s.conn = nil
	}
}

// consequence is what the room is told of a command.
func consequence(frame fiber.Map) (string, fiber.Map) {
	d, _ := frame["data"].(map[string]any)
	modes := fiber.Map{"mute_all": false, "comments_off": false, "followers_only": true, "slow_mode_s": 3}
	kind, _ := frame["type"].(string)
	switch kind {
	case "mute_all", "comments_off", "followers_only":
		modes[kind] = d["on"]
		return "room_mode_changed", modes
	case "set_slow_mode":
		modes["slow_mode_s"] = d["seconds"]
		return "room_mode_changed", modes
	case "block_keyword":
		return "keyword_blocked", fiber.Map{"word": d["word"]}
	case "unblock_keyword":
		return "keyword_unblocked", fiber.Map{"word": d["word"]}
	case "handover_host":
		return "host_shift_started", fiber.Map{"shift_id": "h1", "host_id": d["host_id"]}
	case "start_explain":
		return "explain_started", fiber.Map{"explain_id": "x1", "product_id": d["product_id"], "count": 1}
	case "end_explain":
		return "explain_ended", fiber.Map{"explain_id": "x1", "product_id": d["product_id"], "count": 1, "duration_ms": 9}
	case "drop_coupon":
		return "coupon_dropped", fiber.Map{"drop_id": "d1", "batch_id": d["batch_id"], "title": "满99减10", "total": 100, "left": 88}
	case "stop_coupon":
		return "coupon_drop_ended", fiber.Map{"batch_id": "b1", "reason": "stopped"}
	case "open_lucky_draw":
		return "lucky_draw_opened", fiber.Map{"draw_id": "dr1", "state": "open", "prize": d["prize"], "entries": 0}
	case "cancel_lucky_draw":
		return "lucky_draw_cancelled", fiber.Map{"draw_id": "dr1", "state": "cancelled"}
	}
	return "", nil
}

// heard lists the frames of a kind; all of them without one.
func (s *script) heard(kind string) []fiber.Map {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == "" {
		return slices.Clone(s.said)
	}
	return slices.DeleteFunc(slices.Clone(s.said), func(f fiber.Map) bool { return f["type"] != kind })
}

func event(kind, id string, data fiber.Map) fiber.Map {
	return fiber.Map{"type": kind, "event_id": id, "at": "2026-11-11T12:00:00.000Z", "actor": fiber.Map{"id": "v1", "name": "小王", "role": "viewer"}, "data": data}
}

func events(offset int, list ...fiber.Map) fiber.Map {
	return fiber.Map{"type": "events", "epoch": "e1", "offset": offset, "events": list}
}

func snapshot(at string, paid int64) fiber.Map {
	rate := fiber.Map{"numerator": 1, "denominator": 8, "value": 0.125}
	return fiber.Map{"type": "snapshot", "show_id": "s1", "room_id": "r1", "state": "live", "at": at, "currency": "CNY", "provisional": true, "lag_ms": 420, "metrics": fiber.Map{
		"online_now": 812, "watch_uv": 4021, "gmv_paid_minor": paid - 1000, "gmv_net_minor": paid - 21000, "orders_paid": 131,
		"product_ctr_exposure": rate, "ctor": rate,
	}}
}

func pretendToken(role string) string {
	claims := fmt.Sprintf(`{"sub":"me","name":"Olga","role":%q,"merchant_id":"m1"}`, role)
	return "x." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".y"
}

func (b *browser) logIn(s *script, role string) {
	b.t.Helper()
	b.open(s.url + "/console/classic/")
	b.wait("the login", `!document.getElementById("login").hidden`)
	b.eval(`document.getElementById("token").value = ` + fmt.Sprintf("%q", pretendToken(role)) + `; document.getElementById("login-form").requestSubmit()`)
	b.wait("the rooms", `document.querySelector("#room-list button")`)
	b.eval(`document.querySelector("#room-list button").click()`)
	b.wait("the connection", `document.getElementById("connection").dataset.state === "open"`)
}

func TestPage(t *testing.T) {
	b := openBrowser(t)
	t.Run("operator", func(t *testing.T) { b.t = t; operatorRunsTheShow(t, b) })
	t.Run("levers", func(t *testing.T) { b.t = t; operatorPullsTheLevers(t, b) })
	t.Run("moderator", func(t *testing.T) { b.t = t; moderatorSeesNoMoney(t, b) })
	t.Run("report", func(t *testing.T) { b.t = t; reportKeepsItsStyleAndLosesItsScripts(t, b) })
	t.Run("looks", func(t *testing.T) { b.t = t; pageFitsAndCanBeRead(t, b) })
	b.t = t
	if len(b.faults) > 0 {
		t.Errorf("the page complained: %q", b.faults)
	}
}

func operatorRunsTheShow(t *testing.T, b *browser) {
	s := startScript(t)
	b.size(1280, 900)
	b.logIn(s, "operator")
	b.wait("the figures", `document.querySelector('[data-card="gmv_paid_minor"]').textContent === "¥12,990.00"`)
	for card, want := range map[string]string{"gmv_net_minor": "¥12,790.00", "online_now": "812", "watch_uv": "4,021", "ctor": "12.5%"} {
		if got := b.eval(`document.querySelector('[data-card="` + card + `"]').textContent`); got != want {
			t.Errorf("card %s shows %v, want %s", card, got, want)
		}
	}
	if got := b.eval(`document.getElementById("trust").dataset.level`); got != "provisional" {
		t.Errorf("the badge says %v, want provisional", got)
	}
	b.wait("the curve with the minutes before", `document.querySelectorAll('[data-chart="chart_paid"]').length === 1 && (document.querySelector('[data-chart="chart_orders"] path').getAttribute("d").match(/L/g) || []).length === 2`)
	b.wait("the curve's line", `document.querySelector('[data-chart="chart_paid"] path').getAttribute("d").startsWith("M0.0 ")`)

	// What people write is text, whatever it looks like.
	if got := b.eval(`document.querySelector(".comment .text").textContent`); got != hostile {
		t.Errorf("the comment reads %v, want %s", got, hostile)
	}
	if got := b.eval(`window.ran === undefined && document.querySelectorAll(".comment img, .comment b").length === 0`); got != true {
		t.Error("a comment became markup")
	}
	if got := b.eval(`document.querySelector('[data-order="o1"]').textContent`); got != "o1paid¥199.00" {
		t.Errorf("the order shows %v", got)
	}
	if got := b.eval(`document.querySelector('li.item.on').dataset.sku + document.querySelector(".prompt span").textContent`); got != "k1Show the blade" {
		t.Errorf("pin and prompt show %v", got)
	}
	if got := b.eval(`location.href.includes("x.") || location.search !== ""`); got != false {
		t.Errorf("the token stands in the address: %v", b.eval(`location.href`))
	}
	b.shot("desk-dark")

	// A refusal is shown in the server's words and changes nothing.
	b.eval(`const f = document.querySelector("#shelf form"); f.querySelector("input").value = "5"; f.requestSubmit()`)
	b.wait("the refusal", `document.getElementById("outcome").textContent === "Refused: only 10 units are allotted"`)
	release := s.heard("release_stock")
	if len(release) != 1 {
		t.Fatalf("release_stock was sent %d times", len(release))
	}
	data, _ := release[0]["data"].(map[string]any)
	if data["sku_id"] != "k1" || data["qty"] != 5.0 || data["command_id"] == "" {
		t.Errorf("release_stock carries %v", data)
	}

	// A cut is told at once, and healed with the position of the last events.
	s.cut()
	b.wait("the cut", `document.getElementById("trust").dataset.level === "cut"`)
	b.wait("the return", `document.getElementById("comments").textContent.includes("while you were away")`)
	s.mu.Lock()
	joins := slices.Clone(s.joins)
	s.mu.Unlock()
	want := []string{"panel=1 since= protocol=showrunner.v1", "panel=1 since=e1:106 protocol=showrunner.v1"}
	if !slices.Equal(joins, want) {
		t.Errorf("joins %q, want %q", joins, want)
	}
	if got := b.eval(`document.querySelectorAll(".comment").length`); got != 2.0 {
		t.Errorf("%v comments after the return, want 2", got)
	}

	// Ending asks first; no is no.
	b.eval(`document.querySelector('[data-lever="end_show"]').click()`)
	b.wait("the question", `document.querySelector("dialog").open`)
	b.eval(`document.querySelector('dialog button[value="no"]').click()`)
	// Asked again at once: the no must not turn into the yes that follows it.
	b.eval(`document.querySelector('[data-lever="end_show"]').click(); [...document.querySelectorAll('dialog button[value="yes"]')].at(-1).click()`)
	b.wait("the end", `document.getElementById("show-state").textContent === "ended"`)
	if n := len(s.heard("end_show")); n != 1 {
		t.Errorf("end_show was sent %d times, want 1", n)
	}
	if got := b.eval(`[...document.querySelectorAll("#controls button")].map((n) => n.dataset.lever).join()`); got != "report" {
		t.Errorf("an ended show has the levers %v, want only its report", got)
	}
	b.eval(`document.getElementById("logout").click()`)
	if got := b.eval(`sessionStorage.length + Number(document.getElementById("login").hidden)`); got != 0.0 {
		t.Error("logging out left the token or the page")
	}
}

func moderatorSeesNoMoney(t *testing.T, b *browser) {
	s := startScript(t)
	b.logIn(s, "moderator")
	b.wait("comments", `document.querySelector(".comment .hide")`)
	for what, script := range map[string]string{
		"a card of money":  `document.querySelectorAll('[data-card^="gmv"]').length`,
		"a curve of money": `document.querySelectorAll('[data-chart="chart_paid"]').length`,
		"levers":           `document.querySelectorAll("#controls button").length`,
		"stock forms":      `document.querySelectorAll("#shelf form").length`,
		"orders":           `Number(!document.getElementById("orders-panel").hidden)`,
		"prompt form":      `Number(!document.getElementById("prompt-form").hidden)`,
		"what costs money": `document.querySelectorAll('[data-group="coupons"], [data-group="packet"], [data-group="draw"], [data-group="host"]').length`,
	} {
		if got := b.eval(script); got != 0.0 {
			t.Errorf("a moderator has %s: %v", what, got)
		}
	}
	b.eval(`document.querySelector(".comment .hide").click()`)
	b.wait("the answer", `document.getElementById("outcome").textContent === "Done."`)
	if n := len(s.heard("hide_comment")); n != 1 {
		t.Errorf("hide_comment was sent %d times, want 1", n)
	}
	b.eval(`document.getElementById("logout").click()`)
}

func reportKeepsItsStyleAndLosesItsScripts(t *testing.T, b *browser) {
	s := startScript(t)
	b.logIn(s, "operator")
	b.open(s.url + "/console/classic/report?show=s1")
	b.wait("the report", `document.title === "Report of s1"`)
	if got := b.eval(`getComputedStyle(document.body).backgroundColor`); got != "rgb(1, 2, 3)" {
		t.Errorf("the report's background is %v: its style was blocked", got)
	}
	if got := b.eval(`new Promise((done) => setTimeout(() => done(window.ran === undefined), 200))`); got != true {
		t.Error("a script of the report ran")
	}
	// What the hostile report asked for is complained of: its handler and its
	// picture. Nothing else may be.
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, "inline") || strings.Contains(f, "/console/classic/x") })
}

// contrasts lists visible texts whose contrast to their ground is below 4.5:1.
const contrasts = `(() => {
	const parse = (c) => (c.match(/[\d.]+/g) || []).map(Number);
	const lum = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const ground = (n) => { for (; n; n = n.parentElement) { const c = parse(getComputedStyle(n).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
	const bad = [];
	for (const n of document.body.querySelectorAll("*")) {
		const own = [...n.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
		if (!own || n.disabled || n.closest(".old") || n.classList.contains("skip") || !n.checkVisibility()) continue;
		const [a, b] = [lum(parse(getComputedStyle(n).color)), lum(ground(n))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.push(n.className + " " + n.textContent.trim().slice(0, 20) + " " + ratio.toFixed(2));
	}
	return bad.join("; ");
})()`

// overflowing lists what does not fit: the page into the window, or a figure
// into its card, where a cut-off number would be a wrong number.
const overflowing = `[...document.querySelectorAll("html, .value, .last, .stock, .number, button, .pill")].filter((n) => n.checkVisibility()
	&& n.scrollWidth > n.clientWidth + 1 && n.clientWidth > 0).map((n) => n.tagName + "." + n.className + " " + n.textContent.trim().slice(0, 30)).join("; ")`

// unnamed lists controls that a screen reader could not name.
const unnamed = `[...document.querySelectorAll("button, input, select, fieldset, section, [role=log], [role=region]")].filter((n) => n.checkVisibility()
	&& !n.textContent.trim() && !n.getAttribute("aria-label") && !n.getAttribute("aria-labelledby") && !(n.labels && n.labels.length)).map((n) => n.outerHTML).join("; ")`

func pageFitsAndCanBeRead(t *testing.T, b *browser) {
	s := startScript(t)
	b.size(360, 740)
	b.scheme("dark")
	b.logIn(s, "operator")
	b.wait("the figures", `document.querySelector('[data-card="gmv_paid_minor"]').textContent === "¥12,990.00"`)
	b.wait("a quiet page", `document.querySelectorAll(".comment").length === 1`)
	b.eval(`window.shift = 0; new PerformanceObserver((l) => l.getEntries().forEach((e) => { window.shift += e.value; })).observe({ type: "layout-shift" })`)
	for i := range 20 {
		s.tell(snapshot("2026-11-11T11:59:40.000Z", 1301000+int64(i)*987654321))
	}
	b.wait("the last figure", `document.querySelector('[data-card="gmv_paid_minor"]').textContent === "¥187,667,320.99"`)
	if got := b.eval(`new Promise((done) => setTimeout(() => done(window.shift), 100))`); got != 0.0 {
		t.Errorf("new figures moved the page by %v", got)
	}
	for _, language := range []string{"en", "zh"} {
		if got := b.eval(`document.documentElement.lang.slice(0, 2)`); got != language {
			t.Fatalf("the page speaks %v, want %s", got, language)
		}
		for _, scheme := range []string{"dark", "light"} {
			b.scheme(scheme)
			for _, width := range []int{360, 800, 1280} {
				b.size(width, 800)
				if got := b.eval(overflowing); got != "" {
					t.Errorf("%s, %d px wide: does not fit: %v", language, width, got)
				}
				b.shot(fmt.Sprintf("%s-%s-%d", language, scheme, width))
			}
			if got := b.eval(contrasts); got != "" {
				t.Errorf("%s, %s: too little contrast: %v", language, scheme, got)
			}
		}
		if got := b.eval(unnamed); got != "" {
			t.Errorf("%s: without a name: %v", language, got)
		}
		b.eval(`document.getElementById("language").click()`)
	}
}
