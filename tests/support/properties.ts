import fc from 'fast-check';

// The gate must say the same twice; at a desk every run looks at new cases.
if (process.env.CI) fc.configureGlobal({ seed: 1 });
