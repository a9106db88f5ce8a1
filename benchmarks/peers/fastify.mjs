// A careful service in JavaScript: aws-jwt-verify and the AWS SDK's presigner, on Fastify.
import { GetObjectCommand, PutObjectCommand, S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import Fastify from "fastify";

const { JWKS, ISSUER, CLIENT_ID, PORT } = process.env;
const Bucket = "media-bucket";
const s3 = new S3Client({
  region: "eu-west-1",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "w".repeat(40) },
  requestChecksumCalculation: "WHEN_REQUIRED",
});
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
  request.sub = (await verifier.verify(token)).sub;
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
await app.listen({ port: Number(PORT), host: "127.0.0.1" });
