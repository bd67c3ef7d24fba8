package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"showrunner/gateway/api"
	"showrunner/gateway/connector"
)

// Deps is what a server is made of.
type Deps struct {
	// API is the configuration of /v1. Its Status may be left nil: then it is
	// [StatusOf]. So may its Connectors: then they are the built-in ones.
	API api.Config
	// Requery is the client that asks shop platforms for orders. Nil means
	// [connector.NewClient], which reaches public addresses only.
	Requery *http.Client
	// Mappings are those of the configuration, which integrations may name.
	// Nil means none.
	Mappings map[string]*connector.Mapping
	// Websocket mounts the rooms' websockets. Nil means none.
	Websocket func(fiber.Router)
	// Console mounts the web console. Nil means none.
	Console func(fiber.Router)
	// Login mounts the logins at identity providers. Nil means none.
	Login func(fiber.Router)
	// TLS says that browsers reach this server by https and shall never ask it by
	// anything else again.
	TLS bool
	// Node is the name of this server among several, told by /readyz.
	Node string
	// Checks are asked by /readyz, each under its name.
	Checks map[string]func(context.Context) error
	// Gatherer is what /metrics shows. Nil means no /metrics.
	Gatherer prometheus.Gatherer
	// Registerer gets the metrics of requests. Nil means none.
	Registerer prometheus.Registerer
	// Origins are the web origins, such as https://shop.example, whose pages
	// may call /v1 from a browser. Empty means none but the server's own.
	Origins []string
	// Proxies are the networks of the reverse proxies before this server, by
	// [ParseProxy]; of what comes from there, X-Forwarded-For says who the client
	// is. Empty means that the header is not read.
	Proxies []netip.Prefix
	// ReadTimeout bounds the arrival of a request. Zero means [DefaultReadTimeout].
	ReadTimeout time.Duration
	Logger      *slog.Logger
	Now         func() time.Time
}

const (
	// DefaultReadTimeout lets 8 MiB come in over a slow uplink of 3 Mbit/s.
	DefaultReadTimeout = 30 * time.Second
	// idleTimeout keeps connections of a proxy alive a little longer than the
	// 60 seconds most proxies keep theirs, so that the proxy closes first.
	idleTimeout = 75 * time.Second
	// idleWorker is how long a goroutine for requests waits for the next one. A
	// storm of connects leaves hundreds behind, each with the stack of a request.
	idleWorker = time.Second
	// headerBuffer bounds the request line and all headers together.
	headerBuffer = 32 << 10
)

// Server is the edge. Make it with [New].
type Server struct {
	app  *fiber.App
	api  *api.API
	deps Deps
}

// New builds the server and registers every route; it does not listen. It
// reports every fault of the configuration at once.
func New(deps Deps) (*Server, error) {
	if deps.Logger == nil || deps.Now == nil {
		return nil, errors.New("the gateway needs a logger and a clock")
	}
	if deps.API.Status == nil {
		deps.API.Status = StatusOf
	}
	if deps.API.Connectors == nil {
		deps.API.Connectors = connectors(deps.Requery, deps.Mappings)
	}
	if deps.ReadTimeout == 0 {
		deps.ReadTimeout = DefaultReadTimeout
	}
	problems := api.Problems{Status: deps.API.Status, Logger: deps.Logger}
	app := fiber.New(fiber.Config{
		AppName:               "showrunner",
		DisableStartupMessage: true,
		// Fiber reuses the memory of a request after its handler; a copy of
		// each string is cheap beside a fact that changes after it was accepted.
		Immutable:      true,
		UnescapePath:   true,
		CaseSensitive:  true,
		BodyLimit:      api.MaxBatchBody,
		ReadTimeout:    deps.ReadTimeout,
		IdleTimeout:    idleTimeout,
		ReadBufferSize: headerBuffer,
		ErrorHandler: func(c *fiber.Ctx, err error) error {
			secure(c, deps.TLS)
			return problems.Write(c, err)
		},
	})
	app.Server().MaxIdleWorkerDuration = idleWorker
	app.Server().HeaderReceived = func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		path, _, _ := strings.Cut(string(h.RequestURI()), "?")
		return fasthttp.RequestConfig{MaxRequestBodySize: api.BodyLimit(string(h.Method()), path, len(h.Peek(fiber.HeaderAuthorization)) > 0)}
	}
	s := &Server{app: app, deps: deps}
	// The order is the way of a request: named, watched, caught, guarded.
	app.Use(api.Identify, newWatch(deps).middleware, rescue(deps.Logger, problems), secureFirst(deps.TLS), proxies{deps.Proxies}.middleware, newOrigins(deps.Origins).middleware, plainBodies)

	app.Get("/healthz", healthy)
	app.Get("/readyz", readiness{node: deps.Node, checks: deps.Checks, logger: deps.Logger}.handle)
	if deps.Gatherer != nil {
		app.Get("/metrics", metricsPage(deps.Gatherer, deps.Logger))
	}
	// Before the API, so that its routes do not have to know the websocket's.
	if deps.Websocket != nil {
		deps.Websocket(app)
	}
	if deps.Console != nil {
		deps.Console(app)
	}
	if deps.Login != nil {
		deps.Login(app)
	}
	var err error
	if s.api, err = api.New(app, deps.API); err != nil {
		return nil, fmt.Errorf("build the API: %w", err)
	}
	return s, nil
}

// connectors are the built-in ones.
func connectors(client *http.Client, mappings map[string]*connector.Mapping) map[string]api.Connector {
	if client == nil {
		client = connector.NewClient(false)
	}
	all := map[string]api.Connector{}
	for name, c := range connector.All(client, mappings) {
		all[name] = c
	}
	return all
}

// App is the fiber application, for tests that call it without a socket.
func (s *Server) App() *fiber.App { return s.app }

// API is what is served under /v1.
func (s *Server) API() *api.API { return s.api }

// Listen serves ln until [Server.Shutdown]; then it returns nil.
func (s *Server) Listen(ln net.Listener) error {
	if err := s.app.Listener(ln); err != nil {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return nil
}

// Shutdown stops accepting, waits until the requests in flight are answered or
// ctx ends, and returns the error of ctx then. Websockets are not its matter:
// they left HTTP when they were upgraded, and the hub says good-bye to them.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.app.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("stop serving HTTP: %w", err)
	}
	return nil
}
