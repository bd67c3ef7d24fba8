package login

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"

	"showrunner/live"
)

// words are the reasons why somebody is not let in, by code: what happened, and
// what to do about it.
var words = map[string][2]string{
	"login_expired":        {"这次登录已用过或超过 10 分钟，请重新登录。", "This login was used already or took more than 10 minutes. Please log in again."},
	"login_other_browser":  {"这次登录不是在当前浏览器开始的，或浏览器禁用了 Cookie。请在同一浏览器里重新登录。", "This login was not begun in this browser, or cookies are off. Please log in again in one browser."},
	"login_declined":       {"您公司的登录服务没有放行这次登录。", "Your company's login did not let this through."},
	"login_provider_away":  {"您公司的登录服务暂时没有响应，请稍后再试。", "Your company's login does not answer at the moment. Please try again in a while."},
	"login_answer_invalid": {"您公司登录服务的答复未通过校验，请联系管理员。", "The answer of your company's login does not verify. Please tell your administrator."},
	"login_issuer":         {"答复来自另一个登录服务，为安全起见已拒绝，请重新登录。", "The answer came from another login service and was refused for safety. Please log in again."},
	"login_domain":         {"您的邮箱不属于允许的域名，或尚未验证。请使用公司邮箱登录。", "Your e-mail address is not of an allowed domain or is not verified. Please use your company's address."},
	"login_role":           {"您的账号没有分配角色，请联系管理员把您加入相应的组。", "Your account has no role here. Please ask your administrator to add you to a group."},
	"login_subject":        {"您账号的标识无法在这里使用，请联系管理员。", "The identifier of your account cannot be used here. Please tell your administrator."},
	"login_unknown":        {"该商家没有配置登录服务，请检查商家编号，或使用登录凭证。", "This merchant has no login service here. Check the merchant's id, or log in with a token."},
	"login_crowded":        {"同时登录的人太多，请一分钟后再试。", "Too many people are logging in. Please try again in a minute."},
	"rate_limited":         {"请求太频繁，请稍后再试。", "Too many requests. Please wait a moment."},
	"invalid_field":        {"登录地址不完整或有误，请重新登录。", "The address of this login is incomplete or wrong. Please log in again."},
	"internal":             {"我们这边出了问题，请稍后再试。", "Something went wrong on our side. Please try again."},
}

// style is the only style of the page; the policy knows it by its hash.
const style = `:root{color-scheme:dark light}body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.6 system-ui,sans-serif;background:#0d1017;color:#e8edf5}` +
	`main{max-width:30rem;padding:2rem}h1{font-size:1.3rem}a{color:#62aaff}.soft{color:#9dabc0;font-size:.875rem}`

var pageOf = template.Must(template.New("refusal").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title><style>` + style + `</style></head>
<body><main><h1>{{.Title}}</h1><p role="alert" data-code="{{.Code}}">{{.Reason}}</p><p><a href="/console/#/login">{{.Back}}</a></p>
<p class="soft" lang="{{.OtherLang}}">{{.Other}}</p><p class="soft">{{.Code}} · {{.Request}}</p></main></body></html>
`))

var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// chinese prefers Chinese where a browser asks for neither.
var chinese = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// turnAway shows why somebody is not let in: in the language of their browser,
// and in the other below.
func (l *Login) turnAway(c *fiber.Ctx, err error) error {
	refusal := refusalOf(err)
	if refusal == nil {
		l.cfg.Logger.ErrorContext(c.UserContext(), "a login failed", slog.Any("error", err))
		refusal = &live.Error{Code: "internal"}
	}
	why, ok := words[refusal.Code]
	if !ok {
		why = words["internal"]
	}
	l.count(refusal.Code)
	page := struct{ Lang, OtherLang, Title, Reason, Other, Back, Code, Request string }{
		"zh-CN", "en", "未能登录", why[0], why[1], "返回登录页", refusal.Code, c.GetRespHeader(fiber.HeaderXRequestID),
	}
	tag, _ := language.MatchStrings(chinese, c.Get(fiber.HeaderAcceptLanguage))
	if base, _ := tag.Base(); base.String() == "en" {
		page.Lang, page.OtherLang, page.Title, page.Reason, page.Other, page.Back = "en", "zh-CN", "You are not logged in", why[1], why[0], "Back to the login page"
	}
	var body bytes.Buffer
	if err := pageOf.Execute(&body, page); err != nil {
		return l.cfg.Refuse(c, errors.Join(err, refusal))
	}
	c.Set(fiber.HeaderContentSecurityPolicy, pagePolicy)
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptLanguage)
	if refusal.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.FormatInt(int64((refusal.RetryAfter+time.Second-1)/time.Second), 10))
	}
	status := http.StatusInternalServerError
	if refusal.Code != "internal" {
		status = l.cfg.Status(refusal.Fault)
	}
	return c.Status(status).Send(body.Bytes())
}
