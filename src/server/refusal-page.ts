/** What a browser shows that comes without a session. Static: nothing of the request appears in it. */
export const REFUSAL_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>classwatch: link used</title></head>
<body>
<h1>This link has been used, or is too old</h1>
<p>A link to classwatch opens once, within ten minutes; after that the browser that opened it stays signed in until the server ends.</p>
<p>A fresh link has just been printed in the terminal where classwatch runs: open that one.</p>
</body>
</html>
`;
