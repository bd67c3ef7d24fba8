package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"path"

	"github.com/gofiber/fiber/v2"

	"showrunner/analytics"
	"showrunner/live"
)

//go:embed assets
var embedded embed.FS

const (
	// pagePolicy lets the page run its own scripts and styles and talk to its
	// own origin, and nothing else. Images of goods may come from any https host.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// reportPolicy also allows the inline styles of a report, which must look
	// right when it is opened from a disk; scripts stay the page's own.
	reportPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
		"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

	revalidate = "no-cache"
	immutable  = "public, max-age=31536000, immutable"
)

// file is one thing to serve, complete with the headers that differ.
type file struct {
	body     []byte
	kind     string // Content-Type
	tag      string // ETag
	caching  string // Cache-Control
	security string // Content-Security-Policy
}

// Mount serves the console under router. Every address answers GET and HEAD;
// what is not there is 404.
func Mount(router fiber.Router) {
	build, assets := load()
	page := func(name, policy string) file {
		f := assets[name]
		f.body = bytes.ReplaceAll(f.body, []byte("{build}"), []byte(build))
		f.tag = tag(f.body)
		f.caching, f.security = revalidate, policy
		return f
	}
	index, report := page("index.html", pagePolicy), page("report.html", reportPolicy)
	rights := tables()

	router.Get("/console", func(c *fiber.Ctx) error {
		// Only the slash makes relative addresses work, and a bookmark may lack it.
		if path := c.Path(); path[len(path)-1] != '/' {
			return c.Redirect(path+"/", fiber.StatusMovedPermanently)
		}
		return serve(c, index)
	})
	router.Get("/console/report", func(c *fiber.Ctx) error { return serve(c, report) })
	router.Get("/console/tables.json", func(c *fiber.Ctx) error { return serve(c, rights) })
	router.Get("/console/assets/:build/:name", func(c *fiber.Ctx) error {
		f, ok := assets[c.Params("name")]
		if !ok || c.Params("build") != build || f.kind == "text/html; charset=utf-8" {
			return fiber.ErrNotFound
		}
		return serve(c, f)
	})
}

// load reads the embedded assets by name and hashes them all into one build.
func load() (build string, assets map[string]file) {
	assets = map[string]file{}
	sum := sha256.New()
	entries, err := fs.ReadDir(embedded, "assets") // sorted by name
	if err != nil {
		panic(fmt.Sprintf("BUG: the console is not embedded: %v", err))
	}
	for _, e := range entries {
		body, err := fs.ReadFile(embedded, "assets/"+e.Name())
		if err != nil {
			panic(fmt.Sprintf("BUG: the console's %s is not embedded: %v", e.Name(), err))
		}
		fmt.Fprintf(sum, "%s %d\n", e.Name(), len(body))
		sum.Write(body)
		assets[e.Name()] = file{body: body, kind: contentType(e.Name()), tag: tag(body), caching: immutable, security: pagePolicy}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), assets
}

// tables is the server's own knowledge that the page needs: what each role may
// do, how many digits each currency has after the point, and how each figure is
// defined.
func tables() file {
	known := struct {
		Rights   map[live.Role][]live.Action `json:"rights"`
		Digits   map[live.Currency]int       `json:"digits"`
		Formulas map[string]string           `json:"formulas"`
	}{map[live.Role][]live.Action{}, map[live.Currency]int{}, map[string]string{}}
	for _, r := range live.Roles {
		known.Rights[r] = live.ActionsOf(r)
	}
	for _, c := range live.Currencies() {
		known.Digits[c] = c.Exponent()
	}
	for i := range analytics.Metrics {
		known.Formulas[analytics.Metrics[i].Key] = analytics.Metrics[i].Formula
	}
	body, err := json.Marshal(known) // maps are written in key order
	if err != nil {
		panic(fmt.Sprintf("BUG: the console's tables: %v", err))
	}
	return file{body: body, kind: "application/json", tag: tag(body), caching: revalidate, security: pagePolicy}
}

func serve(c *fiber.Ctx, f file) error {
	c.Set(fiber.HeaderContentSecurityPolicy, f.security)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderCacheControl, f.caching)
	c.Set(fiber.HeaderETag, f.tag)
	if c.Get(fiber.HeaderIfNoneMatch) == f.tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.kind)
	return c.Send(f.body)
}

func tag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// contentType goes by the name alone and never by the machine's mime table,
// which differs from one system to the next.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}
