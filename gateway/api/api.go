package api

import (
	"cmp"
	"errors"
	"hash/maphash"
	"log/slog"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"showrunner/conversion"
	"showrunner/live"
)

// Config is what the API is made of.
type Config struct {
	Store   Store
	Ingest  Ingest
	Figures Figures
	// Retention answers who comes back.
	Retention Retention
	// Desk is the service desk.
	Desk Desk
	// Groups keeps the groups of the private domain, GroupFigures counts them.
	Groups       Groups
	GroupFigures GroupFigures
	// Care answers how service feels.
	Care Care
	// Plan keeps what merchants want of reports.
	Plan Plan
	// Guard decides on touches of people who did not ask.
	Guard Guard
	// Alerts keeps the rules of alerts and what they raised.
	Alerts Alerts
	// Complaints and Needs are what customers say and what is made of it.
	Complaints Complaints
	Needs      Needs
	// Incubation keeps who becomes a host.
	Incubation Incubation
	Tokens     Tokens
	Tickets    Tickets
	// Connectors read what shop platforms post, by name.
	Connectors map[string]Connector
	// WebhookURL refuses a URL that webhooks are never sent to.
	WebhookURL func(raw string) error
	// DemoShop stands in for the shop of who tries the product. Nil means that
	// orders are paid where shops take money.
	DemoShop DemoShop

	// Rules is the version of the rules that say which facts are touches. Empty
	// means those that are built in.
	Rules string

	// Status is the table from fault to HTTP status.
	Status func(live.Fault) int
	// Version stands in the OpenAPI document. Empty means "v1".
	Version string
	// Rate is how many requests a second one caller may make on average.
	// Zero means [DefaultRate]; a negative rate means no limit.
	Rate float64
	// Burst is how many a caller may make at once. Zero means twice the rate.
	Burst int
	// Timeout ends the work on one request. Zero means [DefaultTimeout].
	Timeout time.Duration

	Now    func() time.Time
	Logger *slog.Logger
}

// Defaults and limits.
const (
	// DefaultRate is far over what a person or a panel needs and far under
	// what one caller needs to hurt the others.
	DefaultRate = 200
	// DefaultTimeout is how long a proxy in front usually waits.
	DefaultTimeout = 30 * time.Second
	// MaxBody bounds every body but those of events and webhooks.
	MaxBody = 1 << 20
	// MaxBatchBody bounds the body of events and webhooks.
	MaxBatchBody = 8 << 20
)

// API serves /v1. Make it with [New].
type API struct {
	cfg      Config
	problems Problems
	limit    *limiter
	huma     huma.API
	routes   []Route

	demoLimit *limiter
	demoLocks demoLocks
}

// New checks the configuration, reporting every fault at once, and registers
// all routes and /openapi.json on app.
func New(app *fiber.App, cfg Config) (*API, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Version == "" {
		cfg.Version = "v1"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	cfg.Rules = cmp.Or(cfg.Rules, conversion.BuiltIn)
	a := &API{cfg: cfg, problems: Problems{Status: cfg.Status, Logger: cfg.Logger}, limit: newLimiter(cfg.Rate, cfg.Burst)}
	a.demoLimit, a.demoLocks.seed = newLimiter(demoRate, demoBurst), maphash.MakeSeed()
	if cfg.Rate < 0 {
		a.demoLimit = newLimiter(cfg.Rate, 0)
	}
	a.huma = humafiber.New(app, a.document())
	a.register()
	a.finish()
	app.Get("/openapi.json", a.serveDocument())
	return a, nil
}

func (c *Config) validate() error {
	var faults []error
	need := func(ok bool, what string) {
		if !ok {
			faults = append(faults, errors.New("the API needs "+what))
		}
	}
	need(c.Store != nil, "a store")
	need(c.Ingest != nil, "an ingest")
	need(c.Figures != nil, "figures")
	need(c.Retention != nil, "an answer to who comes back")
	need(c.Desk != nil, "a service desk")
	need(c.Care != nil, "an answer to how service feels")
	need(c.Guard != nil, "a guard")
	need(c.Alerts != nil, "alerts")
	need(c.Plan != nil, "a plan of reports")
	need(c.Complaints != nil, "complaints")
	need(c.Needs != nil, "needs")
	need(c.Incubation != nil, "a book of incubation")
	need(c.Groups != nil, "a registry of groups")
	need(c.GroupFigures != nil, "figures of groups")
	need(c.Tokens != nil, "tokens")
	need(c.Tickets != nil, "tickets")
	need(c.Connectors[standard] != nil, "connectors")
	need(c.WebhookURL != nil, "a rule for the URLs of webhooks")
	need(c.Status != nil, "a status table")
	need(c.Now != nil, "a clock")
	need(c.Logger != nil, "a logger")
	return errors.Join(faults...)
}

// Routes lists what is served under /v1, in order of registration.
func (a *API) Routes() []Route { return a.routes }
