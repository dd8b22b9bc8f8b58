/** What a browser shows that comes without a session. Static: nothing of the request appears in it, so it must hold for each. */
export const REFUSAL_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>classwatch: a fresh link is needed</title></head>
<body>
<h1>A fresh link is needed</h1>
<p>A link to classwatch opens once, within ten minutes; after that the browser that opened it stays signed in until the server ends. This browser is not signed in, and came without a link, or with one that was used or is too old.</p>
<p>Open the newest link in the terminal where classwatch runs. Is there none that is unused? Wait ten seconds and reload this page: a fresh one is printed there.</p>
</body>
</html>
`;
