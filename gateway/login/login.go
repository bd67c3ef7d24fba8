package login

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"showrunner/live"
	"showrunner/live/store"
)

// Store keeps logins that are under way; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
}

// Tokens are our own; gateway/auth has them.
type Tokens interface {
	Issue(p live.Principal, ttl time.Duration) (string, error)
	Verify(token string) (live.Principal, error)
}

// Config is what logins are made of.
type Config struct {
	// Providers are those of the merchants that have one.
	Providers map[live.MerchantID]*Provider
	// PublicURL is where browsers reach this server, such as
	// https://live.example.com: providers send them back there and nowhere else.
	// It may be empty without providers.
	PublicURL string
	Store     Store
	Tokens    Tokens
	// Client asks providers. Nil means [NewClient].
	Client *http.Client
	// Limit is how long an address has to wait before it may ask again, zero for
	// not at all. Nil means no limit.
	Limit func(caller string, now time.Time) time.Duration
	// Refuse answers with a refusal as the API does, by the statuses of Status.
	Refuse     func(c *fiber.Ctx, err error) error
	Status     func(live.Fault) int
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

const (
	// attemptLife is how long somebody may take at their provider.
	attemptLife = 10 * time.Minute
	// proofLife is how long their page may take to fetch the token.
	proofLife = 2 * time.Minute
	// maxAttempts bounds the logins of one merchant that are under way.
	maxAttempts = 10_000
	// within bounds what a provider is waited for in one request.
	within = 15 * time.Second
)

// Login lets people in by the providers of their merchants.
type Login struct {
	cfg       Config
	providers map[live.MerchantID]*known
	origin    string // scheme://host[:port] of PublicURL
	secure    bool
	results   *prometheus.CounterVec
}

// New checks the configuration, reporting every fault at once. It asks no
// provider: one that is away does not keep the server from starting.
func New(cfg Config) (*Login, error) {
	var faults []error
	if cfg.Store == nil || cfg.Tokens == nil || cfg.Refuse == nil || cfg.Status == nil || cfg.Now == nil || cfg.Logger == nil {
		faults = append(faults, errors.New("logins need a store, tokens, a way to refuse, its statuses, a clock and a logger"))
	}
	if len(cfg.Providers) > 0 || cfg.PublicURL != "" {
		if err := CheckPublicURL(cfg.PublicURL); err != nil {
			faults = append(faults, fmt.Errorf("the public address %w", err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if cfg.Client == nil {
		cfg.Client = NewClient()
	}
	l := &Login{cfg: cfg, providers: map[live.MerchantID]*known{}, origin: strings.ToLower(cfg.PublicURL), secure: strings.HasPrefix(strings.ToLower(cfg.PublicURL), "https:")}
	for m, p := range cfg.Providers {
		l.providers[m] = &known{Provider: p, client: cfg.Client, now: cfg.Now}
	}
	l.results = promauto.With(cfg.Registerer).NewCounterVec(prometheus.CounterOpts{
		Name: "showrunner_logins_total", Help: "Logins at identity providers, by what came of them.",
	}, []string{"result"})
	return l, nil
}

// Mount serves the login under router.
func (l *Login) Mount(router fiber.Router) {
	router.Get("/login/ways", l.ways)
	// Never HEAD: these two change what is remembered.
	router.Add(fiber.MethodGet, "/login/start", l.start)
	router.Add(fiber.MethodGet, "/login/callback/:merchant", l.callback)
	router.Post("/login/token", l.token)
	router.Post("/login/logout", l.logout)
}

// Way is one button of the login page.
type Way struct {
	Merchant live.MerchantID   `json:"merchant_id"`
	Names    map[string]string `json:"name"`
	Start    string            `json:"start"`
}

// ways tells the page which buttons to show: those for everybody, or that of the
// merchant who was named.
func (l *Login) ways(c *fiber.Ctx) error {
	if err := l.admit(c); err != nil {
		return l.cfg.Refuse(c, err)
	}
	list := []Way{}
	asked := live.MerchantID(c.Query("merchant_id"))
	for m, p := range l.providers {
		if m == asked || asked == "" && p.Listed {
			list = append(list, Way{Merchant: m, Names: p.Names, Start: "/login/start?merchant_id=" + url.QueryEscape(string(m))})
		}
	}
	slices.SortFunc(list, func(a, b Way) int { return strings.Compare(string(a.Merchant), string(b.Merchant)) })
	return c.JSON(struct {
		Items      []Way `json:"items"`
		ByMerchant bool  `json:"by_merchant"` // whether it is worth asking for a merchant
	}{list, len(l.providers) > 0})
}

// admit holds a request against the limit of its address.
func (l *Login) admit(c *fiber.Ctx) error {
	if l.cfg.Limit == nil {
		return nil
	}
	if wait := l.cfg.Limit("login ip "+c.IP(), l.cfg.Now()); wait > 0 {
		return live.RateLimited(wait, "too many requests; wait %s", wait)
	}
	return nil
}

// redirectURI is where the provider of a merchant sends browsers back to. Each
// merchant has their own, so that no provider can finish a login begun at another
// (RFC 9700, section 4.4.2.2).
func (l *Login) redirectURI(m live.MerchantID) string {
	return l.cfg.PublicURL + "/login/callback/" + url.PathEscape(string(m))
}

// returnTo is the page to go to after the login: one of the console's own, or none.
func returnTo(asked string) string {
	if !ownPage.MatchString(asked) {
		return ""
	}
	return asked
}

var ownPage = regexp.MustCompile(`^/([A-Za-z0-9._~:@%?&=+,-][A-Za-z0-9._~:@%?&=+,/-]{0,500})?$`)

// one is a parameter that stands in the query once, and is of bearable length.
func one(c *fiber.Ctx, name string) (string, error) {
	all := c.Context().QueryArgs().PeekMulti(name)
	if len(all) > 1 || len(all) == 1 && len(all[0]) > 4096 {
		return "", live.Invalid("invalid_field", "query."+name, "must stand there once, with at most 4096 bytes")
	}
	if len(all) == 0 {
		return "", nil
	}
	return string(all[0]), nil
}

// hash is how a secret is kept.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// same compares without telling how far two texts agree.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
