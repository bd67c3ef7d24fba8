package login

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// Provider is the identity provider of one merchant, and what its word is worth.
type Provider struct {
	Issuer   string            // exactly as it stands in the provider's tokens
	Client   string            // our client id there
	Scopes   []string          // with openid
	Names    map[string]string // what the button says, by language: "zh", "en"
	Domains  []string          // of verified e-mail addresses, lower case; empty: any
	Subject  string            // the claim that becomes the subject of our token
	Name     string            // the claim that becomes the name
	Rules    []Rule            // the first that holds says the role; none: no way in
	Life     time.Duration     // of our token
	Listed   bool              // whether the login page shows it to everybody
	EndThere bool              // whether logging out ends the session there, too

	secret string // empty for a client without one
}

// String leaves the secret out.
func (p *Provider) String() string { return p.Client + " at " + p.Issuer }

// GoString leaves it out of %#v too.
func (p *Provider) GoString() string { return "Provider(" + p.String() + ")" }

// LogValue leaves it out.
func (p *Provider) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Limits of a declaration.
const (
	// DefaultLife is how long a token lasts after a login unless declared otherwise.
	DefaultLife = time.Hour
	// MaxLife bounds it: a token cannot be taken back, and a working day is enough.
	MaxLife = 12 * time.Hour

	leastLife = time.Minute
	maxText   = 255
	maxLabel  = 40 // characters of a button
	maxRules  = 200
)

// Files are how a declaration reaches its secret.
type Files struct {
	// Read reads the file named by client_secret_file.
	Read func(path string) ([]byte, error)
	// Env looks up the variable named by client_secret_env.
	Env func(name string) (string, bool)
}

// declared is the form of a declaration.
type declared struct {
	Name       map[string]string `json:"name"`
	Issuer     string            `json:"issuer"`
	Client     string            `json:"client_id"`
	SecretFile string            `json:"client_secret_file"`
	SecretEnv  string            `json:"client_secret_env"`
	Scopes     []string          `json:"scopes"`
	Domains    []string          `json:"email_domains"`
	Subject    string            `json:"subject_claim"`
	NameClaim  string            `json:"name_claim"`
	Rules      []Rule            `json:"rules"`
	Life       string            `json:"token_life"`
	Listed     bool              `json:"listed"`
	EndThere   bool              `json:"logout_at_provider"`
}

var (
	domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	scopeName  = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,100}$`) // RFC 6749, section 3.3
)

// ReadProvider reads a declaration and finds everything that is wrong with it.
// What it says of a secret is where it should come from, never what it is.
func ReadProvider(raw []byte, files Files) (*Provider, []error) {
	var d declared
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	if err := in.Decode(&d); err != nil {
		return nil, []error{fmt.Errorf("is not a declaration of a provider: %w", err)}
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, []error{errors.New("has more than one JSON value")}
	}
	var faults []error
	bad := func(field, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s %w", field, fmt.Errorf(format, args...)))
	}
	p := &Provider{
		Issuer: d.Issuer, Client: d.Client, Scopes: d.Scopes, Names: d.Name, Subject: d.Subject, Name: d.NameClaim,
		Rules: d.Rules, Life: DefaultLife, Listed: d.Listed, EndThere: d.EndThere,
	}
	if err := checkAddress(d.Issuer, true); err != nil {
		bad("issuer", "%w", err)
	}
	if d.Client == "" || len(d.Client) > maxText {
		bad("client_id", "must be 1 to %d bytes", maxText)
	}
	for _, lang := range []string{"zh", "en"} {
		if n := utf8.RuneCountInString(d.Name[lang]); n < 1 || n > maxLabel || strings.ContainsAny(d.Name[lang], "\r\n\x00") {
			bad("name."+lang, "must be 1 to %d characters on one line", maxLabel)
		}
	}
	if len(d.Name) > 2 {
		bad("name", "must have zh and en only")
	}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{"openid", "profile", "email"}
	}
	for i, s := range p.Scopes {
		if !scopeName.MatchString(s) {
			bad(fmt.Sprintf("scopes[%d]", i), "is no scope")
		}
	}
	if !slices.Contains(p.Scopes, "openid") {
		bad("scopes", "must hold openid")
	}
	for i, domain := range d.Domains {
		domain = strings.ToLower(domain)
		if !domainName.MatchString(domain) {
			bad(fmt.Sprintf("email_domains[%d]", i), "must be a domain such as example.com")
		}
		p.Domains = append(p.Domains, domain)
	}
	if p.Subject == "" {
		p.Subject = "sub"
	}
	if p.Name == "" {
		p.Name = "name"
	}
	if d.Life != "" {
		life, err := time.ParseDuration(d.Life)
		if err != nil || life < leastLife || life > MaxLife || life%time.Second != 0 {
			bad("token_life", "must be %s to %s, in whole seconds", leastLife, MaxLife)
		}
		p.Life = life
	}
	faults = append(faults, checkRules(d.Rules)...)
	secret, err := d.secret(files)
	if err != nil {
		faults = append(faults, err)
	}
	p.secret = secret
	return p, faults
}

// secret fetches the client's secret, which never stands in the declaration
// itself: that is a file people copy about.
func (d *declared) secret(files Files) (string, error) {
	switch {
	case d.SecretFile != "" && d.SecretEnv != "":
		return "", errors.New("client_secret_file and client_secret_env exclude each other")
	case d.SecretFile != "":
		raw, err := files.Read(d.SecretFile)
		if err != nil {
			return "", fmt.Errorf("client_secret_file: %w", err)
		}
		secret := strings.TrimRight(string(raw), "\r\n")
		if secret == "" {
			return "", errors.New("client_secret_file is empty")
		}
		return secret, nil
	case d.SecretEnv != "":
		secret, ok := files.Env(d.SecretEnv)
		if !ok || secret == "" {
			return "", fmt.Errorf("client_secret_env: the variable %s is not set", d.SecretEnv)
		}
		return secret, nil
	}
	return "", nil
}

// CheckPublicURL refuses an address that providers cannot send browsers back to.
func CheckPublicURL(raw string) error { return checkAddress(raw, false) }

// checkAddress wants an origin, or with path an address below one, and nothing else.
func checkAddress(raw string, path bool) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || len(raw) > maxText {
		return errors.New("must be an address such as https://id.example.com")
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !path && u.Path != "" {
		return errors.New("must have no query and no fragment, and where we are reached no path, not even a slash")
	}
	return checkScheme(u)
}

// checkEndpoint wants an address that secrets may be sent to.
func checkEndpoint(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return errors.New("is no address")
	}
	return checkScheme(u)
}

// checkScheme wants https, or plain HTTP on this very machine for development.
func checkScheme(u *url.URL) error {
	if u.User != nil {
		return errors.New("must have no user")
	}
	if u.Scheme == "https" || u.Scheme == "http" && here(u.Hostname()) {
		return nil
	}
	return errors.New("must begin with https://; plain http:// is for loopback addresses only")
}

// here reports whether a host is this machine.
func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// hasDomain reports whether an address is of one of the domains; a subdomain is
// another domain.
func (p *Provider) hasDomain(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return at > 0 && slices.Contains(p.Domains, strings.ToLower(address[at+1:]))
}

// staff are the roles that a login may give. An admin is over merchants, a viewer
// and an integration are no people who use the console.
var staff = []live.Role{
	live.RoleMerchant, live.RoleOperator, live.RoleHost, live.RoleModerator, live.RoleAgent, live.RoleAnalyst, live.RoleAuditor,
}
