package gateway_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"showrunner/gateway"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestOpenAPI holds the document against the routes that are really served and
// against the structure of OpenAPI 3.1.
func TestOpenAPI(t *testing.T) {
	e := newEnv(t, func(d *gateway.Deps) {
		d.Websocket = func(r fiber.Router) {
			r.Get("/v1/rooms/:room_id/ws", func(c *fiber.Ctx) error { return fiber.ErrUpgradeRequired })
		}
	})
	a := e.want(200, "GET", "/openapi.json", "", nil)
	var doc struct {
		OpenAPI    string                     `json:"openapi"`
		Info       map[string]any             `json:"info"`
		Paths      map[string]map[string]oper `json:"paths"`
		Components struct {
			Schemas         map[string]any `json:"schemas"`
			SecuritySchemes map[string]any `json:"securitySchemes"`
		} `json:"components"`
		Tags []struct{ Name string } `json:"tags"`
	}
	if err := json.Unmarshal([]byte(a.raw), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info["title"] == "" || doc.Info["version"] == "" {
		t.Errorf("head: openapi %q info %v", doc.OpenAPI, doc.Info)
	}

	// Every route that is served is described, and the other way round.
	served := map[string]bool{}
	for _, r := range e.server.App().GetRoutes(true) {
		if !strings.HasPrefix(r.Path, "/v1/") || r.Method == "HEAD" {
			continue
		}
		var parts []string
		for part := range strings.SplitSeq(r.Path, "/") {
			if name, ok := strings.CutPrefix(part, ":"); ok {
				part = "{" + name + "}"
			}
			parts = append(parts, part)
		}
		served[r.Method+" "+strings.Join(parts, "/")] = true
	}
	described, ids := map[string]bool{}, map[string]bool{}
	var tags []string
	for _, tag := range doc.Tags {
		tags = append(tags, tag.Name)
	}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			name := strings.ToUpper(method) + " " + path
			described[name] = true
			op.check(t, name, path, tags)
			if ids[op.ID] {
				t.Errorf("%s: operation id %q is used twice", name, op.ID)
			}
			ids[op.ID] = true
			for _, need := range op.Security {
				for scheme := range need {
					if doc.Components.SecuritySchemes[scheme] == nil {
						t.Errorf("%s: security scheme %q is not defined", name, scheme)
					}
				}
			}
		}
	}
	if diff := cmp.Diff(served, described); diff != "" {
		t.Errorf("routes (-served +described):\n%s", diff)
	}
	for _, ref := range refs(t, a.raw) {
		if name, ok := strings.CutPrefix(ref, "#/components/schemas/"); !ok || doc.Components.Schemas[name] == nil {
			t.Errorf("reference %q leads nowhere", ref)
		}
	}
	if doc.Components.Schemas["ErrorModel"] != nil {
		t.Error("the document describes an error model that is never sent")
	}

	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(a.raw), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "openapi.golden.json")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(pretty.String(), "\n")); diff != "" {
		t.Errorf("the document changed; read the difference and run the test with -update (-golden +now):\n%s", diff)
	}
}

// oper is what the test reads of an operation.
type oper struct {
	ID         string `json:"operationId"`
	Summary    string
	Tags       []string
	Parameters []struct {
		Name, In string
		Required bool
	}
	RequestBody *struct {
		Content map[string]struct {
			Schema  map[string]any
			Example any
		}
	}
	Responses map[string]struct {
		Description string
		Content     map[string]any
	}
	Security []map[string][]string
}

func (o *oper) check(t *testing.T, name, path string, tags []string) {
	t.Helper()
	if o.ID == "" || o.Summary == "" || len(o.Tags) != 1 || !slices.Contains(tags, o.Tags[0]) {
		t.Errorf("%s: id %q summary %q tags %v", name, o.ID, o.Summary, o.Tags)
	}
	for part := range strings.SplitSeq(path, "/") {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		found := false
		for _, p := range o.Parameters {
			found = found || p.In == "path" && p.Required && "{"+p.Name+"}" == part
		}
		if !found {
			t.Errorf("%s: %s is not described", name, part)
		}
	}
	success := false
	for status, r := range o.Responses {
		success = success || status < "300"
		if r.Description == "" {
			t.Errorf("%s: response %s has no description", name, status)
		}
		if status >= "400" && r.Content["application/problem+json"] == nil {
			t.Errorf("%s: response %s is no problem", name, status)
		}
	}
	if !success || o.Responses["400"].Content == nil {
		t.Errorf("%s: responses %v lack success or 400", name, o.Responses)
	}
	if o.RequestBody != nil {
		j := o.RequestBody.Content["application/json"]
		if csv, ok := o.RequestBody.Content["text/csv"]; ok {
			j = csv
		}
		if j.Schema == nil || j.Example == nil {
			t.Errorf("%s: the body lacks a schema or an example", name)
		}
	}
	if open := strings.HasSuffix(name, " /v1/webhooks/{source}/orders"); open != (len(o.Security) == 0) {
		t.Errorf("%s: security %v", name, o.Security)
	}
}

// refs lists every $ref of a document.
func refs(t *testing.T, raw string) []string {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatal(err)
	}
	var list []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if r, ok := v["$ref"].(string); ok {
				list = append(list, r)
			}
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(doc)
	if len(list) == 0 {
		t.Error("the document has no references: were the schemas lost?")
	}
	return list
}

// TestExamplesAreAccepted sends every example of the document to its route.
func TestExamplesAreAccepted(t *testing.T) {
	e := newEnv(t)
	var doc struct {
		Paths map[string]map[string]oper `json:"paths"`
	}
	if err := json.Unmarshal([]byte(e.want(200, "GET", "/openapi.json", "", nil).raw), &doc); err != nil {
		t.Fatal(err)
	}
	e.stage("m1")
	for _, r := range e.server.API().Routes() {
		body := doc.Paths[r.Path][strings.ToLower(r.Method)].RequestBody
		if body == nil || r.Open {
			continue
		}
		example := body.Content["application/json"].Example
		if csv, ok := body.Content["text/csv"]; ok {
			example = csvBody(csv.Example.(string))
		}
		a := e.do(r.Method, fill(r.Path, "m1"), e.as(roleFor(r.Actions), "m1", "someone"), example)
		// The state may stand against it, the form may not.
		if a.status == 400 || a.status >= 500 {
			t.Errorf("%s refuses its own example: %d %s", r.ID, a.status, a.raw)
		}
	}
}
