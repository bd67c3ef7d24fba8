package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"showrunner/gateway/api"
	"showrunner/gateway/connector"
	"showrunner/live"
	"showrunner/live/store"
)

// demoSource is the name under which the demo shop speaks.
const demoSource = "demo-shop"

// demoShop plays the shop of merchants who try the product: it has an integration
// of its own with each of them, and posts signed webhooks to this server's own
// address, as a platform does from elsewhere.
type demoShop struct {
	store  *store.Store
	now    func() time.Time
	client *http.Client
	url    atomic.Pointer[string] // of this server, once it listens

	mu sync.Mutex // makes one secret a merchant
}

// demoWithin bounds one delivery: a person waits for it.
const demoWithin = 10 * time.Second

func newDemoShop(s *store.Store, now func() time.Time) *demoShop {
	// No proxy of the environment: the address is this server itself.
	return &demoShop{store: s, now: now, client: &http.Client{Timeout: demoWithin, Transport: &http.Transport{}}}
}

// checkDemoShop refuses a demo shop that others could pay at by accident, and one
// of several servers, where a second press of a button may reach another one.
func (c *ServeCmd) checkDemoShop() error {
	if c.DemoShop == "off" {
		return nil
	}
	if c.Node != "" {
		return errors.New("is of a server on its own: leave out --node")
	}
	if c.DemoShop == "public" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return nil // --addr says so itself.
	}
	if !thisMachine(host) {
		return fmt.Errorf("on lets everybody who reaches %s pay without money: listen on 127.0.0.1, or say public", c.Addr)
	}
	if c.PublicURL != "" || len(c.TrustedProxy) > 0 {
		return errors.New("on lets everybody pay without money whom --public-url or --trusted-proxy let in: leave them out, or say public")
	}
	return nil
}

// thisMachine reports whether a host, a name or an address, is reached from this
// machine alone.
func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// openDemoShop tells the demo shop where to deliver, and everybody that there is one.
func (s *server) openDemoShop(ctx context.Context, url string) {
	if s.shop == nil {
		return
	}
	s.shop.url.Store(&url)
	s.log.WarnContext(ctx, "the demo shop is open: viewers pay without money", slog.String("demo_shop", s.cfg.DemoShop))
}

// Tell posts facts as one signed delivery.
func (d *demoShop) Tell(ctx context.Context, m live.MerchantID, facts []api.WebhookFact) error {
	url := d.url.Load()
	if url == nil {
		return demoUnreachable()
	}
	secret, err := d.secret(ctx, m)
	if err != nil {
		return err
	}
	body, err := json.Marshal(facts)
	if err != nil {
		return fmt.Errorf("encode the facts of the demo shop: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a delivery of the demo shop: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, *url+"/v1/webhooks/"+demoSource+"/orders", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a delivery of the demo shop: %w", err)
	}
	req.Header = simSign(secret, "msg_"+id.String(), d.now(), body)
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.Do(req)
	if err != nil {
		return demoUnreachable()
	}
	defer resp.Body.Close() //nolint:errcheck // It was read; nothing follows from it.
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return demoUnreachable()
	}
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var p struct{ Code, Detail string }
	if json.Unmarshal(answer, &p) != nil || p.Code == "" {
		return fmt.Errorf("the webhook answers the demo shop with status %d", resp.StatusCode)
	}
	return live.Conflict(p.Code, "the webhook refuses what the demo shop says: %s", p.Detail)
}

func demoUnreachable() error {
	return live.Unavailable("demo_shop_unreachable", time.Second, "the demo shop cannot reach the webhook of orders")
}

// secret is the key of the shop's integration with a merchant, made at the first
// payment.
func (d *demoShop) secret(ctx context.Context, m live.MerchantID) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, err := d.store.Integrations(ctx, demoSource)
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if i.Merchant == m && i.Connector == connector.Standard {
			return base64.StdEncoding.DecodeString(strings.TrimPrefix(i.Secret, "whsec_"))
		}
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // It never fails.
	return key, d.store.PutIntegration(ctx, store.Integration{
		Merchant: m, Source: demoSource, Connector: connector.Standard, Secret: "whsec_" + base64.StdEncoding.EncodeToString(key),
	})
}
