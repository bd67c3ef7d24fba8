package gateway

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"
)

// checkTimeout is how long an engine may take to say that it is well; load
// balancers ask again after a few seconds.
const checkTimeout = 3 * time.Second

// healthy answers as long as the process can answer at all.
func healthy(c *fiber.Ctx) error {
	return c.JSON(fiber.Map{"status": "ok"})
}

// readiness asks every engine at once and answers 200 only when all are well.
type readiness struct {
	node   string
	checks map[string]func(context.Context) error
	logger *slog.Logger
}

func (r readiness) handle(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), checkTimeout)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	failing := []string{}
	for name, check := range r.checks {
		wg.Go(func() {
			if err := check(ctx); err != nil {
				// The name is enough for outsiders; the cause is ours.
				r.logger.WarnContext(ctx, "not ready", slog.String("check", name), slog.Any("error", err))
				mu.Lock()
				failing = append(failing, name)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	answer := fiber.Map{"status": "ready"}
	if r.node != "" {
		answer["node"] = r.node
	}
	if len(failing) > 0 {
		slices.Sort(failing)
		answer["status"], answer["failing"] = "not_ready", failing
		c.Status(fiber.StatusServiceUnavailable)
	}
	return c.JSON(answer)
}

func metricsPage(g prometheus.Gatherer, logger *slog.Logger) fiber.Handler {
	h := fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(g, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
	}))
	return func(c *fiber.Ctx) error {
		h(c.Context())
		return nil
	}
}
