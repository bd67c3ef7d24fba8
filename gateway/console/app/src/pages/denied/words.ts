import { defineWords } from "@/i18n/words";

export const words = defineWords({
  en: { title: "Not for this role", text: "As {role} you do not see that page. Ask your merchant's administrator if it should.", home: "To my pages" },
  zh: { title: "没有权限", text: "你的角色（{role}）看不到该页面。如有需要，请联系商家管理员。", home: "前往可用页面" },
});
