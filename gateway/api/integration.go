package api

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"showrunner/live"
	"showrunner/live/store"
)

// NewIntegration is the body of PUT /v1/integrations/{source}.
type NewIntegration struct {
	Connector  string          `json:"connector" enum:"standard,shopify,douyin_shop,wechat_shop,mapping" doc:"How the source signs and words its deliveries: standard is Standard Webhooks."`
	Secret     string          `json:"secret" doc:"Never shown again. standard: whsec_ and 24 to 64 random bytes in base64. shopify: the app's client secret. douyin_shop: the app secret. wechat_shop: the token. mapping: what the platform calls its secret." writeOnly:"true"`
	AppID      string          `json:"app_id,omitempty" doc:"douyin_shop, wechat_shop and, where it says so, mapping: what is signed or encrypted for another app is refused."`
	ShopID     string          `json:"shop_id,omitempty" doc:"shopify: the shop's domain; douyin_shop: its number. What is of another shop is refused."`
	AESKey     string          `json:"aes_key,omitempty" doc:"wechat_shop: the EncodingAESKey. Never shown again." writeOnly:"true"`
	Requery    *Requery        `json:"requery,omitempty" doc:"wechat_shop and douyin_shop: where to ask for what a notice only names."`
	Mapping    json.RawMessage `json:"mapping,omitempty" doc:"mapping: what the platform's deliveries look like, or the name of a mapping of the server's configuration; see docs/connectors.md."`
	MerchantID string          `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// Requery says where to ask for an order that a notice only names.
type Requery struct {
	OrderURL     string `json:"order_url,omitempty" doc:"Posted to with {order_id} filled in."`
	AftersaleURL string `json:"aftersale_url,omitempty" doc:"Posted to with {after_sale_order_id} filled in."`
	TokenHeader  string `json:"token_header,omitempty" doc:"Name of the header that carries the token."`
	Token        string `json:"token,omitempty" doc:"Never shown again." writeOnly:"true"`
}

// settings are what a connector gets of the body, by name; what was left out is
// left out.
func (n *NewIntegration) settings() map[string]string {
	all := map[string]string{"secret": n.Secret, "app_id": n.AppID, "shop_id": n.ShopID, "aes_key": n.AESKey, "mapping": string(given(n.Mapping))}
	if r := n.Requery; r != nil {
		all["requery.order_url"], all["requery.aftersale_url"] = r.OrderURL, r.AftersaleURL
		all["requery.token_header"], all["requery.token"] = r.TokenHeader, r.Token
	}
	maps.DeleteFunc(all, func(_, v string) bool { return v == "" })
	return all
}

// Integration is who may post facts of orders, without its secret.
type Integration struct {
	Source     string `json:"source" example:"myshop"`
	MerchantID string `json:"merchant_id"`
	Connector  string `json:"connector" enum:"standard,shopify,douyin_shop,wechat_shop,mapping"`
	WebhookURL string `json:"webhook_url" doc:"Path to which the source posts." example:"/v1/webhooks/myshop/orders"`
}

type integrationOutput struct{ Body Integration }

func (a *API) integrations() {
	add(a, Route{
		ID: "put-integration", Method: "PUT", Path: "/v1/integrations/{source}", Tag: "Webhooks", Summary: "Say who may post facts of orders",
		Text:    "The same source name may be used by many merchants, each with its own secret: the signature tells them apart. Setting it again replaces the secret.",
		Actions: []live.Action{live.ActIntegrationWrite}, body: NewIntegration{},
		example: map[string]any{"connector": "standard", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
	}, a.putIntegration)
}

func (a *API) putIntegration(ctx context.Context, p live.Principal, in *struct {
	Source string `path:"source" maxLength:"128"`
	rawBody
},
) (*integrationOutput, error) {
	b, err := decode[NewIntegration](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := merchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := id("source", in.Source, true); err != nil {
		return nil, err
	}
	if reservedSource(in.Source) {
		return nil, live.Invalid("reserved_source", "source", "%q is Showrunner's own", in.Source)
	}
	connector, ok := a.cfg.Connectors[b.Connector]
	if !ok {
		return nil, live.Invalid("invalid_field", "connector", "must be one of %s", strings.Join(slices.Sorted(maps.Keys(a.cfg.Connectors)), ", "))
	}
	sealed, err := connector.Seal(b.settings())
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Store.PutIntegration(ctx, store.Integration{Merchant: m, Source: in.Source, Connector: b.Connector, Secret: sealed}); err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, m, "", string(live.ActIntegrationWrite), map[string]any{"source": in.Source, "connector": b.Connector}); err != nil {
		return nil, err
	}
	return &integrationOutput{Integration{
		Source: in.Source, MerchantID: string(m), Connector: b.Connector, WebhookURL: "/v1/webhooks/" + in.Source + "/orders",
	}}, nil
}

// audit records what was done outside the command table. detail never holds a secret.
func (a *API) audit(ctx context.Context, p live.Principal, m live.MerchantID, show live.ShowID, action string, detail map[string]any) error {
	raw, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	return a.cfg.Store.AddAudit(ctx, store.AuditRow{At: a.cfg.Now(), Merchant: m, Show: show, Actor: p.Actor(), Action: action, Detail: string(raw)})
}
