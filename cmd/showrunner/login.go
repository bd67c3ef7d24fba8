package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"showrunner/gateway/api"
	"showrunner/gateway/login"
	"showrunner/live"
)

// An office comes in through one address in the morning, with some five requests
// for each login.
const (
	loginsPerSecond = 5
	loginsAtOnce    = 50
)

// readLogins reads the declarations of identity providers, by merchant, and finds
// everything that is wrong with any of them.
func readLogins(files map[string]string) (read map[live.MerchantID]*login.Provider, faults []error) {
	read = make(map[live.MerchantID]*login.Provider, len(files))
	for _, merchant := range slices.Sorted(maps.Keys(files)) {
		file := files[merchant]
		if !live.ValidID(merchant) {
			faults = append(faults, fmt.Errorf("--login: the merchant %q must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", merchant, live.MaxIDLen))
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			// The path stands in the error already.
			faults = append(faults, fmt.Errorf("--login %s: %w", merchant, err))
			continue
		}
		beside := func(path string) ([]byte, error) {
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(file), path)
			}
			return os.ReadFile(path)
		}
		p, wrong := login.ReadProvider(raw, login.Files{Read: beside, Env: os.LookupEnv})
		for _, f := range wrong {
			faults = append(faults, fmt.Errorf("%s: %w", file, f))
		}
		read[live.MerchantID(merchant)] = p
	}
	return read, faults
}

// checkLogins finds what is wrong with --login and --public-url.
func (c *ServeCmd) checkLogins() error {
	_, faults := readLogins(c.Login)
	if c.PublicURL != "" || len(c.Login) > 0 {
		if err := login.CheckPublicURL(c.PublicURL); err != nil {
			faults = append(faults, fmt.Errorf("--public-url: %w; providers send browsers back there", err))
		}
	}
	return errors.Join(faults...)
}

// openLogin builds the logins at identity providers. Without any the login page
// is told that there are none.
func (s *server) openLogin(_ context.Context, problems api.Problems) (*login.Login, error) {
	providers, faults := readLogins(s.cfg.Login)
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("read the identity providers: %w", err)
	}
	limit := api.NewLimit(loginsPerSecond, loginsAtOnce)
	if s.cfg.RateLimits == "off" {
		limit = func(string, time.Time) time.Duration { return 0 }
	}
	return login.New(login.Config{
		Providers: providers, PublicURL: s.cfg.PublicURL, Store: s.store, Tokens: s.auth, Limit: limit, Refuse: problems.Write, Status: problems.Status,
		Now: s.now, Logger: s.log, Registerer: s.reg,
	})
}

// overTLS reports whether browsers reach this server by https.
func (c *ServeCmd) overTLS() bool { return strings.HasPrefix(strings.ToLower(c.PublicURL), "https://") }
