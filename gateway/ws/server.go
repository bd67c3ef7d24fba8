package ws

import (
	"context"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"showrunner/live"
	"showrunner/live/bots"
	"showrunner/live/hub"
)

// Route is the path of the websocket.
const Route = "/v1/rooms/:room_id/ws"

// Server upgrades requests and serves the connections. It has no shutdown of
// its own: fiber's does not know upgraded connections, [hub.Hub.Shutdown] tells
// each of them to say bye and waits until it has left.
type Server struct {
	deps    Deps
	metrics *metrics
	places  *places
	states  *shared[sight]
	bans    *shared[map[live.PersonID]error]
	missed  *missed
	lanes   [lanes]lane
	entries lane // of those who come or go, by the thousand at a time
	moves   atomic.Uint64
	// lastLane deals the lanes out in turn.
	lastLane atomic.Uint32
	paces    *paces
	crowd    *crowd
	upgrade  fiber.Handler

	upgradeAgent fiber.Handler
	agents       agents
	viewers      taker // nil: everybody goes the portable way
}

// New builds a server; it panics if Deps are not complete.
func New(d Deps) *Server {
	s := &Server{deps: d.withDefaults(), metrics: newMetrics(d.Registerer)}
	s.places = newPlaces(s.deps.Store.Room)
	s.missed = newMissed(s.deps.Hub, s.deps.History)
	s.states, s.bans = newShared(statePace, s.readState), newShared(banPace, s.readBanned)
	s.paces, s.crowd = s.deps.Limits.paces(), newCrowd(&s.deps.Limits)
	for i := range s.lanes {
		s.lanes[i].srv = s
	}
	s.entries.srv = s
	sockets := websocket.Config{
		Subprotocols:    []string{Subprotocol},
		Origins:         []string{"*"}, // allowedOrigin has judged it.
		ReadBufferSize:  1024,
		WriteBufferSize: 1024,
		WriteBufferPool: &sync.Pool{},
		RecoverHandler:  s.recover,
	}
	s.upgrade = websocket.New(s.serve, sockets)
	s.upgradeAgent = websocket.New(s.serveAgent, sockets)
	s.agents.open, s.agents.closing = map[agentName]int{}, make(chan struct{})
	if s.deps.Path != PathPortable {
		s.viewers = newTakeover(s)
	}
	return s
}

// Moves is how many connections were opened or ended so far, together.
func (s *Server) Moves() uint64 { return s.moves.Load() }

// Mount adds the route of the websocket and that of its document.
func (s *Server) Mount(r fiber.Router) {
	r.Get(DocumentPath, s.serveDocument())
	r.Get(Route, s.handle)
	r.Get(AgentRoute, s.handleAgent)
}

// arrival is what was learnt of a connection before its upgrade.
type arrival struct {
	who      live.Principal
	room     live.Room
	class    hub.Class
	channel  string
	campaign string
	address  uint64 // hash of the client's public address, 0: not known
	network  string // its name in the facts of the show, see Deps.Network
	agent    string // what the client gives away of itself, see bots.Agent
	returns  bool   // since was given
	since    uint64
	known    bool // since is of this epoch
}

// maxChannel bounds the arrival channel and the campaign, in bytes.
const maxChannel = 128

const arrivalKey = "showrunner.arrival"

// handle judges a request and upgrades it.
func (s *Server) handle(c *fiber.Ctx) error {
	a, err := s.judge(c)
	if err != nil {
		s.metrics.refused.Inc()
		return s.deps.Refuse(c, err)
	}
	taken := false
	if s.viewers != nil {
		taken, err = s.viewers.take(c, a)
	}
	if !taken {
		c.Locals(arrivalKey, a)
		if s.upgrade(c) != nil {
			err = badHandshake()
		}
	}
	if err != nil {
		s.metrics.refused.Inc()
		return s.deps.Refuse(c, err)
	}
	return nil
}

// admit tells who asks for a socket, whatever it is for.
func (s *Server) admit(c *fiber.Ctx) (live.Principal, error) {
	if !websocket.IsWebSocketUpgrade(c) {
		return live.Principal{}, live.Invalid("upgrade_required", "", "this path speaks websocket only")
	}
	if !s.allowedOrigin(c) {
		return live.Principal{}, live.Forbidden("forbidden_origin", "pages of this origin may not open a socket here")
	}
	return s.authenticate(c)
}

func (s *Server) judge(c *fiber.Ctx) (*arrival, error) {
	who, err := s.admit(c)
	if err != nil {
		return nil, err
	}
	a := &arrival{who: who, address: s.crowd.address(c.IP())}
	id := live.RoomID(strings.Clone(c.Params("room_id")))
	if !live.ValidID(string(id)) {
		return nil, live.NotFound("room_not_found", "there is no such room")
	}
	ctx, cancel := s.deadline()
	defer cancel()
	if a.room, err = s.places.find(ctx, id); err != nil {
		return nil, err
	}
	if s.deps.Network != nil && a.address != 0 {
		a.network = s.deps.Network(a.room, c.IP())
	}
	a.agent = bots.Agent(c.Get(fiber.HeaderUserAgent))
	if !who.SeesMerchant(a.room.Merchant) {
		return nil, live.NotFound("room_not_found", "there is no such room")
	}
	if !who.Sees(a.room.Merchant, id) || !who.May(live.ActWatch) {
		return nil, live.Forbidden("forbidden", "this token does not reach the room")
	}
	if who.Role == live.RoleViewer {
		if err := s.banned(ctx, a.room, live.PersonID(who.Subject)); err != nil {
			return nil, err
		}
	}
	switch panel := c.Query("panel"); {
	case panel == "" || panel == "0":
	case panel != "1":
		return nil, live.Invalid("invalid_field", "panel", "must be 1 or left out")
	case !who.May(live.ActPanel):
		return nil, live.Forbidden("forbidden", "this role has no panel")
	case who.May(live.ActMoney):
		a.class = hub.ClassMoney
	default:
		a.class = hub.ClassPanel
	}
	a.channel, a.campaign = strings.Clone(c.Query("channel")), strings.Clone(c.Query("campaign"))
	for name, v := range map[string]string{"channel": a.channel, "campaign": a.campaign} {
		if len(v) > maxChannel || strings.ToValidUTF8(v, "") != v {
			return nil, live.Invalid("invalid_field", name, "must be at most %d bytes of UTF-8", maxChannel)
		}
	}
	if since := c.Query("since"); since != "" {
		epoch, offset, ok := cutLast(since, ':')
		n, err := strconv.ParseUint(offset, 10, 64)
		if !ok || err != nil {
			return nil, live.Invalid("invalid_field", "since", "must be <epoch>:<offset>")
		}
		a.returns, a.since, a.known = true, n, epoch == s.deps.Hub.Epoch()
		if a.known {
			s.catchUp(ctx, n)
		}
	}
	return a, nil
}

// catchUpWithin is how long a returning client waits for a server that is behind
// the one it comes from, which is mostly a matter of milliseconds.
const catchUpWithin = time.Second

// catchUp waits until the hub has come to an offset that another server has
// shown already. Without it the client would be told that it was not recovered,
// and shown again what it has seen.
func (s *Server) catchUp(ctx context.Context, since uint64) {
	ctx, cancel := context.WithTimeout(ctx, catchUpWithin)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for s.deps.Hub.High() < since {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// cutLast splits at the last separator: an epoch may hold one itself.
func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// recover ends a connection whose handler panicked; the client only sees that
// it broke off.
func (s *Server) recover(*websocket.Conn) { s.caught(recover()) }

// caught notes a panic, if v is one.
func (s *Server) caught(v any) bool {
	if v != nil {
		s.metrics.panics.Inc()
		s.deps.Logger.Error("websocket handler panicked", "panic", v, "stack", string(debug.Stack()))
	}
	return v != nil
}

func (s *Server) now() time.Time { return s.deps.Now().UTC().Truncate(time.Millisecond) }
