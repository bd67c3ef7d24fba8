package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"showrunner/live"
	"showrunner/live/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	replayedHeader    = "Idempotency-Replayed"
	maxKey            = 255
	// settleTimeout is for keeping the answer after the request's own time is up.
	settleTimeout = 5 * time.Second
)

// once runs the handler unless the same caller has sent the same key to the
// same path before and got a successful answer; then that answer is repeated.
// An answer that is an error is not kept: it changed nothing, and the caller
// may mend the cause and send the same request again.
func (a *API) once(ctx context.Context, at *call, key string, run func()) error {
	if len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		return live.Invalid("invalid_field", idempotencyHeader, "must be 1 to %d visible ASCII characters", maxKey)
	}
	c, p := at.fiber, at.principal
	scope := strings.Join([]string{string(p.Merchant), p.Subject, c.Method(), c.Path()}, "\n")
	sum := sha256.Sum256(c.Request().Body())
	kept, err := a.cfg.Store.BeginIdempotent(ctx, scope, key, hex.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	if kept != nil {
		c.Set(replayedHeader, "true")
		c.Set(fiber.HeaderContentType, kept.ContentType)
		return c.Status(kept.Status).Send(kept.Body)
	}
	done := false
	settle := func(f func(context.Context) error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
		if err := f(ctx); err != nil {
			// The answer is true and goes out; a repeat will be refused or run again.
			a.cfg.Logger.ErrorContext(ctx, "settle idempotency key", slog.String("request_id", RequestID(c)), slog.Any("error", err))
		}
	}
	defer func() {
		if !done { // a panic, or an answer that is not kept
			settle(func(ctx context.Context) error { return a.cfg.Store.AbandonIdempotent(ctx, scope, key) })
		}
	}()
	run()
	if status := c.Response().StatusCode(); status >= 200 && status < 300 {
		done = true
		answer := store.Kept{
			Status: status, ContentType: string(c.Response().Header.ContentType()), Body: append([]byte(nil), c.Response().Body()...),
		}
		settle(func(ctx context.Context) error { return a.cfg.Store.FinishIdempotent(ctx, scope, key, answer) })
	}
	return nil
}
