package ws

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
	"showrunner/live/hub"
)

// Ingest accepts facts: it validates, de-duplicates and answers once durable.
type Ingest interface {
	// Ingest answers each event in the order of the input, and logs them in
	// that order. An error means that nothing is known of any of them.
	Ingest(ctx context.Context, door live.Origin, evs []live.Event) ([]live.Receipt, error)
}

// Store decides what needs constraints. Refusals are *[live.Error].
type Store interface {
	Room(ctx context.Context, id live.RoomID) (live.Room, error)
	RoomState(ctx context.Context, id live.RoomID) (live.RoomState, error)
	// OnAir is the show running in the room, from memory.
	OnAir(room live.RoomID) (live.Show, bool)
	Execute(ctx context.Context, c live.Command) (live.CommandResult, error)
	PlaceOrder(ctx context.Context, o live.PlaceOrder) (live.PlacedOrder, error)
	JoinWaitlist(ctx context.Context, w live.JoinWaitlist) (live.WaitPlace, error)
	ClaimCoupon(ctx context.Context, c live.ClaimCoupon) (live.Coupon, error)
	ClaimPacket(ctx context.Context, c live.ClaimPacket) (live.PacketShare, error)
	EnterDraw(ctx context.Context, e live.EnterDraw) (live.DrawEntered, error)
	// Watched takes in that a person watched with the page visible.
	Watched(w live.Watch)
	CancelOrder(ctx context.Context, m live.MerchantID, id live.OrderID, by live.Principal, at time.Time) (live.Order, error)
	// ProductOf is the product a SKU of a show belongs to, empty if none.
	ProductOf(ctx context.Context, show live.ShowID, sku live.SKUID) (live.ProductID, error)
	// BannedOf has an error for each of these people who was kicked out of the
	// show or is blocked, as of a moment after the call, whichever server it was
	// that sent them out.
	BannedOf(ctx context.Context, m live.MerchantID, room live.RoomID, people []live.PersonID) (map[live.PersonID]error, error)
}

// History reads a room's messages back from the log, for those who return
// later than the hub's ring remembers.
type History interface {
	// Range returns the room's messages with after < offset <= until, oldest
	// first; ok is false if that is too much or not there any more.
	Range(ctx context.Context, room live.RoomID, after, until uint64) (msgs []hub.Message, ok bool)
}

// Deps is what the server needs. Fields without a default are required.
type Deps struct {
	Hub    *hub.Hub
	Store  Store
	Ingest Ingest
	// Desk is the service desk. Nil: there is none here.
	Desk Desk
	// ServiceWire is required with Desk.
	ServiceWire ServiceWire
	// History recovers beyond the ring. Nil: the state is sent instead.
	History History
	// Authenticate proves a bearer token.
	Authenticate func(token string) (live.Principal, error)
	// RedeemTicket proves and uses up a single-use ticket.
	RedeemTicket func(ticket string) (live.Principal, error)
	// Refuse answers a request that is not upgraded, as problem+json.
	Refuse func(*fiber.Ctx, error) error
	// Online is how many persons are in a room. Nil: those of Hub, which is
	// everybody while there is one server.
	Online func(room live.RoomID) int
	// Network names the network that a public address belongs to, in the show on
	// air, without giving the address away. Nil: networks have no names.
	Network func(room live.Room, address string) string
	// Brief is what whoever is on is told before a show, as JSON that stands in the
	// welcome of panels; nil for none. Nil: no show has one.
	Brief func(ctx context.Context, m live.MerchantID, show live.ShowID) (json.RawMessage, error)
	// Origins are the web origins allowed beside the server's own host, such
	// as "https://shop.example".
	Origins []string
	// Path is how viewers are carried. Default [PathAuto].
	Path Path
	// Plain agrees to no compression with anybody.
	Plain bool
	// Limits bound what one connection may send.
	Limits Limits
	// Dropped counts a frame that a limit refused, by reason, such as
	// "likes_by_room". Nil: only the acks tell.
	Dropped func(room live.Room, reason string)
	// Timing holds the deadlines of a connection.
	Timing Timing
	// Arguments are those of a command, for the AsyncAPI document. Nil leaves
	// them open there.
	Arguments func(live.CommandName) []live.Field
	// Now is the clock.
	Now func() time.Time
	// NewID names sessions and comments. Default: UUIDv7.
	NewID func() string
	// Logger is where the server logs.
	Logger *slog.Logger
	// Registerer takes the metrics. Nil: none.
	Registerer prometheus.Registerer
}

// Timing holds the deadlines of a connection. Zero values mean the default.
type Timing struct {
	// Ping is the interval of pings. Default 25 s.
	Ping time.Duration
	// Idle ends a connection that sent nothing, not even a pong. Default 60 s.
	Idle time.Duration
	// Write ends a connection that takes nothing. Until then it only skips
	// frames. Default 30 s.
	Write time.Duration
	// Request bounds one order, command or batch of facts. Default 5 s.
	Request time.Duration
	// Close is how long the closing handshake may take. Default 1 s.
	Close time.Duration
	// Spread is the longest wait the bye of a shutdown asks for; each client
	// gets its own, so that they do not all come back at once. Default 5 s.
	Spread time.Duration
}

func (d Deps) withDefaults() Deps {
	if d.Hub == nil || d.Store == nil || d.Ingest == nil || d.Authenticate == nil || d.RedeemTicket == nil ||
		d.Refuse == nil || d.Now == nil || d.Logger == nil {
		panic("BUG: ws.Deps is not complete")
	}
	if d.Path == "" {
		d.Path = PathAuto
	}
	if !d.Path.Available() {
		panic("BUG: there is no path " + string(d.Path) + " here")
	}
	def(&d.Timing.Ping, 25*time.Second)
	def(&d.Timing.Idle, time.Minute)
	def(&d.Timing.Write, 30*time.Second)
	def(&d.Timing.Request, 5*time.Second)
	def(&d.Timing.Close, time.Second)
	def(&d.Timing.Spread, 5*time.Second)
	d.Limits = d.Limits.withDefaults()
	if d.Online == nil {
		d.Online = d.Hub.Online
	}
	if d.NewID == nil {
		d.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	return d
}

func def[T ~int | ~int64 | ~float64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
