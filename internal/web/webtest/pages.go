package webtest

// Pages lists every page of the invented world by name: what tests and screenshots open.
// Those of open need no session.
func Pages() map[string]string {
	return map[string]string{
		"queue": "/", "queue-empty": "/?level=red&family=crime", "queue-closed": "/?show=closed", "warning": "/warnings/wrn_00", "warning-draft": "/warnings/wrn_01",
		"warning-over": "/warnings/wrn_13", "end": "/warnings/wrn_00/end", "cancel": "/warnings/wrn_00/cancel", "map": "/map", "map-project": "/map?project=prj_quetta-rail-3",
		"events": "/events", "event": "/events/evt_00", "event-track": "/events/evt_02", "portfolio": "/portfolio", "project": "/portfolio/prj_quetta-rail-3",
		"contact": "/contacts/con_0_1", "duty": "/duty", "duty-at": "/duty?at=Sunday+03:00", "rota": "/duty/rotas/duty-officers?from=2026-10-05", "rota-new": "/duty/rotas/new", "hand-over": "/hand-over", "me": "/me", "own": "/me/leave", "leave": "/leave/leave", "left": "/leave/left",
		"register": "/register", "register-project": "/register?project=moyale", "risk": "/register/risks/MH-01", "risk-plain": "/register/risks/E-01", "risk-edit": "/register/risks/MH-01/edit", "risk-new": "/register/new",
		"sources": "/sources", "source": "/sources/src_13", "journal": "/journal", "status": "/status", "rules": "/rules", "suppressed": "/suppressed", "report": "/report", "account": "/account", "accounts": "/accounts", "help": "/help",
		"calculator": "/calculator", "calculator-answer": "/calculator?tool=impact&hazard=earthquake&magnitude=6.8&depth_km=12&distance_km=40&persons=300&country=PK", "calculator-problem": "/calculator?tool=impact&hazard=flood&region=Asia", "calculator-level": "/calculator?tool=level&I1=0.9&I2=0.3&I3=0.06&I4=0&observed=I2", "calculator-weigh": "/calculator?tool=weigh&base=0.01&reports=A1+B2+C3%2Bsame",
		"assessments": "/assessments", "assessments-countries": "/assessments?kind=country", "assessment": "/assessments/asm_project_nacala-port", "assessment-what-if": "/assessments/asm_project_nacala-port?stress=coup&ind=own.stock_days&how=%3D&val=3&people=450", "assess-settings": "/assessments/settings", "scenario": "/assessments/scenarios/scn_coup", "assessment-portfolio": "/assessments/asm_portfolio_all", "compare": "/assessments/compare?a=project:nacala-port&b=project:quetta-rail-3", "compare-index": "/assessments/compare?index=inform.risk", "reports": "/reports", "indicators": "/indicators?indicator=wgi.law&place=country:MZ",
		"error": "/warnings/nowhere", "sign-in": "/sign-in", "set-up": "/sign-in/first", "link": "/sign-in/link", "phone": "/a/tap-wrn_00", "phone-zh": "/a/tap-zh-wrn_01", "phone-ar": "/a/tap-ar-wrn_00?answer=need_help", "phone-sw": "/a/tap-sw-wrn_13", "leave-ar": "/leave/left?lang=ar", "phone-gone": "/a/old?lang=fr",
		"wording": "/wording", "wording-ar": "/wording?hazard=flood&level=orange&language=ar&channel=slack&purpose=escalation&tlp=AMBER", "wording-held": "/wording?language=ru&tlp=RED&purpose=ended", "wording-live": "/wording?warning=wrn_00&language=sw&purpose=digest", "link-used": "/sign-in/used",
	}
}
