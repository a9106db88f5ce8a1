// Uppy's own Companion, as its documentation sets it up for S3. It checks no token.
import * as companion from "@uppy/companion";
import express from "express";
import session from "express-session";

const app = express();
app.use(express.json({ limit: "1mb" }));
app.use(session({ secret: "x".repeat(32), resave: false, saveUninitialized: false }));
const { app: companionApp } = companion.app({
  secret: "x".repeat(32),
  filePath: process.env.TMPDIR ?? "/tmp",
  server: { host: `127.0.0.1:${process.env.PORT}`, protocol: "http" },
  corsOrigins: ["http://localhost:3000"],
  s3: {
    key: "AKIAIOSFODNN7EXAMPLE",
    secret: "w".repeat(40),
    bucket: "media-bucket",
    region: "eu-west-1",
    getKey: ({ filename }) => `users/anybody/${filename}`,
  },
});
app.use(companionApp);
app.listen(Number(process.env.PORT), "127.0.0.1");
