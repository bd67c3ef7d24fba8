package gateway

import (
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"showrunner/gateway/api"
)

// watch counts, times and logs requests. Labels are routes and never paths, so
// that ids cannot make new series.
type watch struct {
	now      func() time.Time
	logger   *slog.Logger
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newWatch(d Deps) *watch {
	with := promauto.With(d.Registerer)
	return &watch{
		now: d.Now, logger: d.Logger,
		requests: with.NewCounterVec(prometheus.CounterOpts{
			Name: "showrunner_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"method", "route", "status"}),
		seconds: with.NewHistogramVec(prometheus.HistogramOpts{
			Name: "showrunner_http_request_seconds", Help: "Time from a request to its answer, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route"}),
	}
}

func (w *watch) middleware(c *fiber.Ctx) error {
	start := w.now()
	// The error is answered here, and not by the framework after us, so that
	// the status that was really sent is counted.
	if err := c.Next(); err != nil {
		if err := c.App().ErrorHandler(c, err); err != nil {
			return err
		}
	}
	took := w.now().Sub(start)
	status := c.Response().StatusCode()
	route := routeOf(c, status)
	w.requests.WithLabelValues(c.Method(), route, strconv.Itoa(status)).Inc()
	w.seconds.WithLabelValues(c.Method(), route).Observe(took.Seconds())
	level := slog.LevelDebug
	if status >= 500 {
		level = slog.LevelWarn
	}
	if !w.logger.Enabled(c.UserContext(), level) {
		return nil
	}
	w.logger.LogAttrs(c.UserContext(), level, "request",
		slog.String("request_id", api.RequestID(c)), slog.String("method", c.Method()), slog.String("path", c.Path()), slog.String("query", redact(c)),
		slog.String("route", route), slog.Int("status", status), slog.Int("bytes", len(c.Response().Body())),
		slog.Duration("took", took), slog.String("remote", c.IP()))
	return nil
}

// routeOf is the pattern that matched; one name stands for all that did not.
func routeOf(c *fiber.Ctx, status int) string {
	if r := c.Route(); r != nil && r.Path != "/" && r.Path != "" {
		return r.Path
	}
	if status == fiber.StatusNotFound || status == fiber.StatusMethodNotAllowed {
		return "none"
	}
	return "/"
}

// redact is the query without what lets somebody in.
func redact(c *fiber.Ctx) string {
	q, err := url.ParseQuery(string(c.Request().URI().QueryString()))
	if err != nil {
		return "unreadable"
	}
	for _, secret := range []string{"ticket", "token", "access_token", "signature", "code", "state"} {
		if q.Has(secret) {
			q.Set(secret, "redacted")
		}
	}
	return q.Encode()
}
