package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"showrunner/gateway/auth"
	"showrunner/live"
)

// TokenCmd makes a token with the keys of a data folder. Who can read the
// folder is trusted; the server need not run.
type TokenCmd struct {
	Data     string        `default:"./data" type:"path" help:"Data folder of the server; its keys sign."`
	Keys     string        `type:"path" help:"Folder of the signing keys, where servers share one; that of --data without it."`
	Role     string        `required:"" help:"admin, merchant, operator, host, moderator, agent, trainee, analyst, auditor, viewer or integration."`
	Sub      string        `required:"" help:"Subject: who the bearer is."`
	Merchant string        `help:"Merchant the token belongs to; needed for every role but admin."`
	Room     []string      `help:"Room the token is bound to; repeat for several, none means every room of the merchant."`
	Name     string        `help:"Name that others see."`
	TTL      time.Duration `name:"ttl" default:"1h" help:"How long the token holds."`
}

// Execute prints the token on one line and nothing else.
func (c *TokenCmd) Execute(_ context.Context, stdout, _ io.Writer) error {
	keys, err := openKeys(c.Data, c.Keys, clock)
	if err != nil {
		return err
	}
	p := live.Principal{
		Subject: c.Sub, Name: c.Name, Role: live.Role(c.Role), Merchant: live.MerchantID(c.Merchant),
	}
	for _, r := range c.Room {
		p.Rooms = append(p.Rooms, live.RoomID(r))
	}
	token, err := keys.Issue(p, c.TTL)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}

// openAuth opens the signing keys of a data folder, making them at first use.
func openAuth(data string, now func() time.Time) (*auth.Auth, error) { return openKeys(data, "", now) }

// openKeys is [openAuth] with the keys in a folder of their own, unless it is empty.
func openKeys(data, keys string, now func() time.Time) (*auth.Auth, error) {
	a, err := auth.Open(auth.Config{Dir: data, Keys: keys, Now: now})
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	return a, nil
}

// clock is the time of everything that runs: UTC, in whole milliseconds, which
// is the precision of every record.
func clock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
