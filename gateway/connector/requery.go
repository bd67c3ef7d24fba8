package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// requery asks the platform, or the merchant's own service in front of it, for
// what a notice only names: a POST of {"order_id"} or {"after_sale_order_id"}
// to an address of the integration, whose {placeholders} of the same names are
// filled in, with a token in a header of the merchant's choice.
type requery struct{ client *http.Client }

const (
	requeryTimeout = 8 * time.Second
	maxAnswer      = 1 << 20
	// requeryRetry is when a platform that did not answer may be asked again.
	requeryRetry = 30 * time.Second
)

// Requery gives the answer as facts in Showrunner's own form.
func (r requery) Requery(ctx context.Context, sealed string, n store.Notice) (store.Delivery, error) {
	raw, err := r.ask(ctx, unseal(sealed), n)
	return store.Delivery{Own: raw}, err
}

func (r requery) ask(ctx context.Context, s Settings, n store.Notice) ([]byte, error) {
	template, members := s[SettingOrderURL], map[string]string{"order_id": string(n.Order)}
	if n.Aftersale != "" {
		template, members = s[SettingAftersaleURL], map[string]string{"after_sale_order_id": n.Aftersale}
	}
	if template == "" {
		e := live.Conflict(CodeNoRequery, "%s names an order without its amounts, and the integration has no address to ask for them", clip(n.Topic))
		e.Field = SettingOrderURL
		return nil, e
	}
	for name, v := range members {
		template = strings.ReplaceAll(template, "{"+name+"}", url.PathEscape(v))
	}
	body, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("encode re-query: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, requeryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, template, bytes.NewReader(body))
	if err != nil {
		return nil, away("the address to ask is not one")
	}
	req.Header.Set("Content-Type", "application/json")
	if name := s[SettingTokenHeader]; name != "" {
		req.Header.Set(name, s[SettingToken])
	}
	resp, err := r.client.Do(req)
	if err != nil {
		// The cause may hold the address, and with it a token.
		return nil, away("the platform did not answer")
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err = errors.Join(err, resp.Body.Close()); err != nil || len(answer) > maxAnswer {
		return nil, away("the platform's answer could not be read")
	}
	if resp.StatusCode != http.StatusOK {
		return nil, away(fmt.Sprintf("the platform answered with status %d", resp.StatusCode))
	}
	return answer, nil
}

// away asks the sender to deliver again: nothing of the notice is lost by it.
func away(why string) error {
	return live.Unavailable("requery_failed", requeryRetry, "asking for the order: %s", why)
}

// checkRequery checks the addresses of a re-query, as far as they are given.
func checkRequery(s Settings, urls ...string) error {
	for _, name := range urls {
		if s[name] == "" {
			continue
		}
		u, err := url.Parse(strings.NewReplacer("{order_id}", "1", "{after_sale_order_id}", "1").Replace(s[name]))
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return live.Invalid("invalid_field", name, "must be an http or https URL without a user")
		}
	}
	name, token := s[SettingTokenHeader], s[SettingToken]
	if (name == "") != (token == "") {
		return live.Invalid("invalid_field", SettingTokenHeader, "and %s belong together", SettingToken)
	}
	if strings.ContainsFunc(name+token, func(c rune) bool { return c < ' ' || c > '~' }) || strings.ContainsAny(name, ": ") {
		return live.Invalid("invalid_field", SettingTokenHeader, "must be the name of a header")
	}
	return nil
}

// NewClient makes the client of re-queries. The address is the merchant's to
// choose, so it may not lead into the network the server stands in, and not
// further either: redirects are not followed and no proxy is asked. Insecure,
// for development, opens loopback and private addresses; link-local ones, under
// which clouds tell their machines' secrets, stay closed.
func NewClient(insecure bool) *http.Client {
	dialer := &net.Dialer{Timeout: requeryTimeout, Control: publicOnly}
	if insecure {
		dialer.Control = notLinkLocal
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: requeryTimeout},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// publicOnly sees the address after the name was looked up, so that a name
// cannot be pointed elsewhere in between.
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	ip := ap.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || sharedSpace.Contains(ip) {
		return fmt.Errorf("dial %s: not a public address", address)
	}
	return nil
}

// notLinkLocal is the rule of an insecure client.
func notLinkLocal(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	if ip := ap.Addr().Unmap(); !ip.IsGlobalUnicast() && !ip.IsLoopback() {
		return fmt.Errorf("dial %s: not an address to ask", address)
	}
	return nil
}

// sharedSpace is carrier-grade NAT, RFC 6598.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// at names which message of a delivery a refusal is about.
func at(i int, err error) error {
	e := &live.Error{}
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	named.Field = strings.TrimSuffix(fmt.Sprintf("[%d].%s", i, e.Field), ".")
	return &named
}
