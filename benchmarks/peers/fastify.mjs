// A careful service in JavaScript: aws-jwt-verify and the AWS SDK's presigner, on Fastify.
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import Fastify from "fastify";

const { JWKS, ISSUER, CLIENT_ID, PORT, STORE } = process.env;
const Bucket = "media-bucket";
const settings = {
  region: "eu-west-1",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "w".repeat(40) },
  requestChecksumCalculation: "WHEN_REQUIRED",
};
const s3 = new S3Client(settings);
const store = new S3Client({ ...settings, endpoint: STORE, forcePathStyle: true });
const verifier = CognitoJwtVerifier.create({
  userPoolId: ISSUER.split("/").at(-1),
  clientId: CLIENT_ID,
  tokenUse: "access",
});
verifier.cacheJwks(JSON.parse(JWKS));

const sign = (command) => getSignedUrl(s3, command, { expiresIn: 3600 });
const app = Fastify({ bodyLimit: 1 << 20 });
app.addHook("onRequest", async (request) => {
  const token = (request.headers.authorization ?? "").replace("Bearer ", "");
  if (!request.url.startsWith("/share/")) request.sub = (await verifier.verify(token)).sub;
});
const key = (request, path = "video/clip.mp4") => `users/${request.sub}/${path}`;
const part = (request, PartNumber) =>
  sign(new UploadPartCommand({ Bucket, Key: key(request), UploadId: request.params.id, PartNumber }));

app.post("/put", async (request) => ({
  url: await sign(
    new PutObjectCommand({
      Bucket,
      Key: key(request),
      ContentType: "video/mp4",
      ContentLength: 73400320,
      IfNoneMatch: "*",
    }),
  ),
}));
app.get("/part/:id/:number", async (request) => ({
  url: await part(request, Number(request.params.number)),
}));
app.get("/batch/:id", async (request) => {
  const numbers = Array.from({ length: 1000 }, (_, index) => index + 1);
  return { urls: await Promise.all(numbers.map((number) => part(request, number))) };
});
app.post("/links", async (request) => ({
  links: await Promise.all(
    request.body.paths.map((path) => sign(new GetObjectCommand({ Bucket, Key: key(request, path) }))),
  ),
}));
const look = (Key) => store.send(new HeadObjectCommand({ Bucket, Key }));
const read = async (Key, Range) =>
  (await store.send(new GetObjectCommand({ Bucket, Key, Range }))).Body.transformToByteArray();
const link = (Key) => sign(new GetObjectCommand({ Bucket, Key }));
app.post("/complete", async (request) => {
  const Key = key(request);
  const found = await look(Key);
  const first = Buffer.from(await read(Key, "bytes=0-4095"));
  if (!first.includes("ftyp") || found.ContentType !== "video/mp4") throw new Error(Key);
  return { key: Key, size: found.ContentLength, url: await link(Key) };
});
app.get("/asset", async (request) => {
  const found = await look(key(request));
  return { key: key(request), size: found.ContentLength, url: await link(key(request)) };
});
app.get("/share/:sub", async (request, reply) => {
  const folder = `users/${request.params.sub}`;
  const record = JSON.parse(Buffer.from(await read(`${folder}/shares/one.json`)).toString());
  await look(`${folder}/${record.path}`);
  return reply.redirect(await link(`${folder}/${record.path}`));
});
await app.listen({ port: Number(PORT), host: "127.0.0.1" });
